import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';

/**
 * The files that `main` names, in the order in which they are loaded. The real worker leaves it to globby 11 (startApp.ts), and so
 * to fast-glob 3: braces are expanded, shorter patterns come first (`expandBraceExpansion`), files that are named outright before
 * what a pattern finds (tasks `generate`), and of that a folder's files before those of its subfolders. Apps rely on it: with
 * `src/{index.js,functions/*.js}` the index prepares what the functions need.
 */
export function entryFiles(appFolder: string, main: string): string[] {
  const literal = path.join(appFolder, main);
  if (existsSync(literal)) return statSync(literal).isFile() ? [main] : [];
  const patterns = expandBraces(main.replaceAll('\\', '/')).sort((a, b) => a.length - b.length);
  const named = patterns.filter((pattern) => !isDynamic(pattern));
  const found = patterns.filter(isDynamic);
  return [...new Set([...named, ...found].flatMap((pattern) => find(appFolder, pattern)))];
}

const isDynamic = (pattern: string) => /[*?[\]{}!()]/.test(pattern);
const depthOf = (file: string) => file.split('/').length;

function find(appFolder: string, pattern: string): string[] {
  const files = globSync(pattern, { cwd: appFolder, onlyFiles: true, dot: true });
  return files.sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
}

/** `a/{b,c/{d,e}}` is `a/b`, `a/c/d`, `a/c/e`; what has no comma is left as it is. */
function expandBraces(pattern: string): string[] {
  const start = pattern.indexOf('{');
  const end = matchingBrace(pattern, start);
  if (end < 0) return [pattern];
  const alternatives = splitAtCommas(pattern.slice(start + 1, end));
  const head = pattern.slice(0, start);
  const tails = expandBraces(pattern.slice(end + 1));
  if (alternatives.length === 1) return tails.map((tail) => pattern.slice(0, end + 1) + tail);
  return alternatives.flatMap(expandBraces).flatMap((middle) => tails.map((tail) => head + middle + tail));
}

function matchingBrace(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at >= 0 && at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function splitAtCommas(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
