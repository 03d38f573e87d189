import { z } from 'zod';
import type { JsonPath } from '../json-document.ts';
import type { IssueParams } from './schema/values.ts';

/** One thing that is wrong: where (a path into the value that was read), what, and how to put it right. */
export interface Problem {
  readonly path: JsonPath;
  readonly problem: string;
  readonly remedy: string;
}

type Issue = z.core.$ZodIssue;

/**
 * Turns what the schema found into {@link Problem}s.
 * @param value what was checked
 * @param spell how a key is written in the file: `Config.json` capitalises
 */
export function fromIssues(
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
  spell: (key: string) => string,
): Problem[] {
  return issues.flatMap((issue) => fromIssue(schema, value, issue, spell));
}

function fromIssue(schema: z.ZodType, root: unknown, issue: Issue, spell: (key: string) => string): Problem[] {
  const path = issue.path as JsonPath;
  const value = valueAt(root, path);
  const one = (problem: string, remedy: string): Problem[] => [{ path, problem, remedy }];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, root, path).map(spell);
      return issue.keys.map((key) => ({
        path: [...path, key],
        problem: `unknown key "${spell(key)}"`,
        remedy: didYouMean(key, known) ?? `known here: ${known.join(', ')}`,
      }));
    }
    case 'invalid_type':
      return value === undefined
        ? one('is missing', `add ${withArticle(issue.expected)}`)
        : one(`is ${kindOf(value)}`, `write ${withArticle(issue.expected)}`);
    case 'invalid_value':
      return choice(path, value, issue.values.map(String));
    case 'invalid_union': {
      const options = 'discriminator' in issue ? discriminatorValues(schema, root, issue, path) : [];
      if (options.length > 0) return choice(path, value, options);
      return one(`is ${kindOf(value)}`, 'write a string, a number or a boolean');
    }
    case 'too_small':
    case 'too_big': {
      const limit = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      if (issue.origin === 'array') return one(`has ${(value as unknown[]).length} entries`, `it takes ${limit}`);
      if (issue.origin === 'string') return one(`has ${(value as string).length} characters`, `it takes ${limit}`);
      return one(`is ${String(value)}`, `it must be ${limit}`);
    }
    case 'custom': {
      const remedy = (issue.params as IssueParams | undefined)?.remedy;
      return one(issue.message, remedy ?? 'see the JSON Schema');
    }
    default:
      return one(issue.message, 'see the JSON Schema');
  }
}

function choice(path: JsonPath, value: unknown, options: readonly string[]): Problem[] {
  if (value === undefined) return [{ path, problem: 'is missing', remedy: `use one of ${options.join(', ')}` }];
  const shown = JSON.stringify(value);
  const guess = typeof value === 'string' ? didYouMean(value, options) : undefined;
  return [{ path, problem: `${shown} is not known here`, remedy: guess ?? `use one of ${options.join(', ')}` }];
}

function discriminatorValues(schema: z.ZodType, root: unknown, issue: Issue, path: JsonPath): string[] {
  if (issue.code !== 'invalid_union' || !('discriminator' in issue) || !issue.discriminator) return [];
  const discriminator = issue.discriminator;
  const parent = path.at(-1) === discriminator ? path.slice(0, -1) : path;
  return schemasAt(schema, root, parent).flatMap((option) => {
    const literal = option instanceof z.ZodObject ? option.shape[discriminator] : undefined;
    return literal instanceof z.ZodLiteral ? [...literal.values].map(String) : [];
  });
}

/** The keys that an object at `path` may have. */
function keysAt(schema: z.ZodType, root: unknown, path: JsonPath): string[] {
  const keys = schemasAt(schema, root, path).flatMap((found) =>
    found instanceof z.ZodObject ? Object.keys(found.shape) : [],
  );
  return [...new Set(keys)];
}

/** The schemas that apply at `path`: one, or, below a union, those whose discriminator fits the value. */
function schemasAt(schema: z.ZodType, root: unknown, path: JsonPath): z.ZodType[] {
  let current = expand(schema, root);
  let value = root;
  for (const step of path) {
    value = valueAt(value, [step]);
    current = current.flatMap((found) => {
      if (found instanceof z.ZodArray && typeof step === 'number') return expand(found.element as z.ZodType, value);
      if (found instanceof z.ZodObject) {
        const child = found.shape[String(step)] as z.ZodType | undefined;
        return child ? expand(child, value) : [];
      }
      return [];
    });
  }
  return current;
}

function expand(schema: z.ZodType, value: unknown): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return expand(schema.unwrap() as z.ZodType, value);
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return [schema];
  const options = schema.options as z.ZodType[];
  const discriminator = schema.def.discriminator as string;
  const chosen = options.filter(
    (option) =>
      option instanceof z.ZodObject &&
      (option.shape[discriminator] as z.ZodType).safeParse(valueAt(value, [discriminator])).success,
  );
  return chosen.length > 0 ? chosen : options;
}

export function valueAt(root: unknown, path: JsonPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return `the string ${JSON.stringify(value)}`;
  if (typeof value === 'object') return 'an object';
  return String(value);
}

function withArticle(expected: string): string {
  const words: Record<string, string> = {
    string: 'a string in double quotes',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    object: 'an object {…}',
    array: 'an array […]',
    record: 'an object {…}',
    tuple: 'an array of two numbers',
  };
  return words[expected] ?? `a value of type ${expected}`;
}

/** "did you mean "queues"?", if one of `known` is near. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const candidate = name.toLowerCase();
    const distance = editDistance(wanted, candidate);
    if (distance <= Math.max(2, Math.floor(candidate.length / 4)) && distance < candidate.length)
      if (!best || distance < best.distance) best = { name, distance };
  }
  return best && `did you mean "${best.name}"?`;
}

/** Levenshtein distance, with a swap of neighbours as one edit. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
