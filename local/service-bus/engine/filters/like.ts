/**
 * A LIKE pattern: `%` stands for any run of characters, `_` for one, everything else for itself; the whole value must
 * fit. A character after the escape character stands for itself; an escape character at the end stands for itself too.
 */
export type LikeMatcher = (text: string) => boolean;

const ANY_RUN = 0;
const ONE = 1;
type Part = typeof ANY_RUN | typeof ONE | string;

export function compileLike(pattern: string, escapeMark: string | undefined): LikeMatcher {
  const parts = split(pattern, escapeMark);
  const wildcards = parts.filter((part) => typeof part !== 'string').length;
  if (wildcards === 0) {
    const whole = parts.join('');
    return (text) => text === whole;
  }
  // 'abc%' is by far the most frequent pattern.
  if (wildcards === 1 && parts.at(-1) === ANY_RUN) {
    const start = parts.slice(0, -1).join('');
    return (text) => text.startsWith(start);
  }
  return (text) => matches(parts, text);
}

/** One part a character (UTF-16 code unit, as .NET counts) or wildcard; neighbouring `%` are one. */
function split(pattern: string, escapeMark: string | undefined): readonly Part[] {
  const parts: Part[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index]!;
    if (character === escapeMark && index + 1 < pattern.length) {
      index += 1;
      parts.push(pattern[index]!);
    } else if (character === '%') {
      if (parts.at(-1) !== ANY_RUN) parts.push(ANY_RUN);
    } else parts.push(character === '_' ? ONE : character);
  }
  return parts;
}

/** Greedy with one point of return: a later `%` makes the earlier ones final. At worst text times pattern, no regex. */
function matches(parts: readonly Part[], text: string): boolean {
  let at = 0;
  let part = 0;
  let returnPart = -1;
  let returnAt = 0;
  while (at < text.length) {
    const current = parts[part];
    if (current === ANY_RUN) {
      returnPart = part;
      returnAt = at;
      part += 1;
    } else if (current === ONE || current === text[at]) {
      at += 1;
      part += 1;
    } else if (returnPart >= 0) {
      returnAt += 1;
      at = returnAt;
      part = returnPart + 1;
    } else return false;
  }
  while (parts[part] === ANY_RUN) part += 1;
  return part === parts.length;
}
