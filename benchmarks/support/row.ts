import type { Comparison } from './paired-runs.ts';

/** A line of the results. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly against: string;
  /** Median and range over the pairs. */
  readonly ratio: string;
  readonly goal: string;
  /** `undefined`: a figure without a goal, or one that could not be measured. */
  readonly isMet: boolean | undefined;
  /** The factor by which the peer differs from itself ({@link Comparison.control}). */
  readonly control: number | undefined;
}

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** @param goal what the median ratio has to be; `undefined`: for information */
export function toRow(
  what: string,
  unit: string,
  { ours, theirs, ratio, control }: Comparison,
  goal: Goal | undefined,
): Row {
  return {
    what,
    ours: figure(ours.median, unit),
    against: figure(theirs.median, unit),
    ratio: `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
    ...against(goal, ratio.median),
    control,
  };
}

/** A figure that stands for itself. */
export function toAbsoluteRow(what: string, unit: string, value: number, goal: Goal): Row {
  return { what, ours: figure(value, unit), against: '–', ratio: '–', ...against(goal, value), control: undefined };
}

/** A row that could not be measured here, with the reason. */
export function toSkippedRow(what: string, reason: string): Row {
  return {
    what: `${what}: skipped, ${reason}`,
    ours: '–',
    against: '–',
    ratio: '–',
    goal: '–',
    isMet: undefined,
    control: undefined,
  };
}

function figure(value: number, unit: string): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`;
}

function against(goal: Goal | undefined, value: number): Pick<Row, 'goal' | 'isMet'> {
  if (!goal) return { goal: '–', isMet: undefined };
  if ('atLeast' in goal) return { goal: `≥ ${goal.atLeast}`, isMet: value >= goal.atLeast };
  return { goal: `≤ ${goal.atMost}`, isMet: value <= goal.atMost };
}
