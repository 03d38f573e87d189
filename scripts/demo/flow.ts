import type { Shop } from './shop.ts';

/** One flow of the shop, shown: what goes in, and what has to come out. */
export interface Flow {
  /** The folder under `functions/`. */
  readonly name: string;
  /** Puts in what starts it; says what that was. */
  feed(shop: Shop): Promise<string>;
  /** What came out so far, and what is still wrong with it. */
  look(shop: Shop): Promise<Outcome>;
}

export interface Outcome {
  readonly text: string;
  /** What is not as expected, in words; empty when all is. */
  readonly missing: readonly string[];
}

/** Compares figures with what is expected: each that differs is said. */
export function outcome(
  text: string,
  figures: readonly (readonly [what: string, actual: number, expected: number])[],
): Outcome {
  const missing = figures
    .filter(([, actual, expected]) => actual !== expected)
    .map(([what, actual, expected]) => `${what}: ${actual} of ${expected}`);
  return { text, missing };
}
