import { type Summary, summarize } from './statistics.ts';

/** How many pairs a row has, unless it says otherwise. */
export const PAIRS = 7;

export type Pair<Figures> = readonly [ours: Figures, theirs: Figures];

/**
 * Runs both in turn, after one pair that is not counted, so that a machine that gets slower slows both. The order within a pair
 * alternates, for the second of two finds warmer caches.
 */
export async function runInPairs<Figures>(
  ours: () => Promise<Figures>,
  theirs: () => Promise<Figures>,
  pairs = PAIRS,
): Promise<readonly Pair<Figures>[]> {
  await ours();
  await theirs();
  const measured: Pair<Figures>[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 0) {
      const a = await ours();
      measured.push([a, await theirs()]);
    } else {
      const b = await theirs();
      measured.push([await ours(), b]);
    }
  }
  return measured;
}

export interface Comparison {
  readonly ours: Summary;
  readonly theirs: Summary;
  /** Ours divided by theirs, pair by pair. */
  readonly ratio: Summary;
  /**
   * The control, A against A: the largest factor by which their figure differs between one run and the next. Nothing has changed
   * between the two, so this is how far the machine moves by itself.
   */
  readonly control: number;
}

/** @param pairs at least two, of one figure each */
export function compare(pairs: readonly Pair<number>[]): Comparison {
  const theirs = pairs.map(([, b]) => b);
  return {
    ours: summarize(pairs.map(([a]) => a)),
    theirs: summarize(theirs),
    ratio: summarize(pairs.map(([a, b]) => a / b)),
    control: Math.max(
      ...theirs.slice(1).map((value, index) => Math.max(value / theirs[index]!, theirs[index]! / value)),
    ),
  };
}
