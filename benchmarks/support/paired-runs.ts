import { type Summary, summarize } from './statistics.ts';

/** One figure of one run. Whether more is better is the row's business. */
export type Measure = () => Promise<number>;

export interface PairedRuns {
  readonly ours: Summary;
  readonly theirs: Summary;
  /** Ours divided by theirs, pair by pair. */
  readonly ratio: Summary;
  /** Theirs divided by theirs of the run before: how far the machine moves by itself. */
  readonly control: Summary;
}

/**
 * Runs both in turn, A B A B …, after one pair that is not counted, so that a machine that gets slower slows both. The order within a pair
 * alternates, for the second of two finds warmer caches.
 */
export async function runInPairs(pairs: number, ours: Measure, theirs: Measure): Promise<PairedRuns> {
  await ours();
  await theirs();
  const a: number[] = [];
  const b: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 0) {
      a.push(await ours());
      b.push(await theirs());
    } else {
      b.push(await theirs());
      a.push(await ours());
    }
  }
  return {
    ours: summarize(a),
    theirs: summarize(b),
    ratio: summarize(a.map((value, index) => value / b[index]!)),
    control: summarize(b.slice(1).map((value, index) => value / b[index]!)),
  };
}
