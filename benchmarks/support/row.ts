import type { PairedRuns } from './paired-runs.ts';

/** A line of the results. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly against: string;
  /** Median and range over the pairs. */
  readonly ratio: string;
  readonly goal: string;
  readonly isMet: boolean;
  /** Largest by smallest ratio of the peer to itself, run by run. */
  readonly control?: number;
}

/** @param goal what the median ratio has to be at least, or at most */
export function toRow(
  what: string,
  unit: string,
  { ours, theirs, ratio, control }: PairedRuns,
  goal: { readonly atLeast: number } | { readonly atMost: number },
): Row {
  const digits = ours.median < 10 ? 2 : 0;
  return {
    what,
    ours: `${ours.median.toFixed(digits)} ${unit}`,
    against: `${theirs.median.toFixed(digits)} ${unit}`,
    ratio: `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
    goal: 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`,
    isMet: 'atLeast' in goal ? ratio.median >= goal.atLeast : ratio.median <= goal.atMost,
    control: control.max / control.min,
  };
}
