import type { Outcome } from './outcome.ts';

/** One item that was given up, and why. */
export interface GivenUp<Item> {
  readonly item: Item;
  readonly problem: string;
}

export interface PartialBatchOptions<Item> {
  /** Items with the same key are handled one after the other, in the order of the batch; keys run beside each other. */
  readonly keyOf: (item: Item) => string;
  /** Handles the items of one key. An outcome other than `done`, or an error, is about all of them. */
  readonly handle: (items: readonly Item[], key: string) => Promise<Outcome>;
  /** Keeps what is given up (a quarantine queue). If it fails, the batch fails: nothing is thrown away. */
  readonly giveUp: (given: GivenUp<Item>) => Promise<void>;
  /** No more attempts will follow: what would be tried again is given up instead, so that the stream loses nothing. */
  readonly isLastAttempt: boolean;
}

/**
 * Handles a batch of a stream, in which one bad event must stop neither the others nor the partition. The host knows
 * only whole batches: an error repeats all of it, and after the retry policy it is passed over with everything in it.
 *
 * @throws when some keys have to be tried again; what is done is then done again, so `handle` must be idempotent.
 */
export async function partialBatch<Item>(items: readonly Item[], options: PartialBatchOptions<Item>): Promise<void> {
  const byKey = Map.groupBy(items, options.keyOf);
  const ends = await Promise.all(
    [...byKey].map(async ([key, ofKey]) => {
      const outcome = await options
        .handle(ofKey, key)
        .catch((error: unknown): Outcome => ({ outcome: 'retry', reason: String(error) }));
      if (outcome.outcome === 'done') return undefined;
      if (outcome.outcome === 'retry' && !options.isLastAttempt) return `${key}: ${outcome.reason}`;
      const problem = outcome.outcome === 'retry' ? outcome.reason : `${outcome.reason}: ${outcome.description}`;
      for (const item of ofKey) await options.giveUp({ item, problem });
      return undefined;
    }),
  );
  const again = ends.filter((end) => end !== undefined);
  if (again.length > 0) throw new Error(`To be tried again: ${again.join('; ')}`);
}
