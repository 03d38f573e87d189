import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One mistake: where it is, what is wrong, and what to do about it. */
export interface Finding {
  /** From the root of the repository, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly problem: string;
  readonly remedy: string;
}

/** The line of the first place in a text that matches; 1 where none does. */
export function lineWith(text: string, pattern: string | RegExp, from = 0): number {
  const index = typeof pattern === 'string' ? text.indexOf(pattern, from) : text.slice(from).search(pattern) + from;
  return index < from ? 1 : text.slice(0, index).split('\n').length;
}

export function read(root: string, file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** The known name that is nearest to a misspelt one, if one is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const ranked = [...known]
    .map((candidate) => ({ candidate, distance: distance(name, candidate) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(2, name.length / 4) ? best.candidate : undefined;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
