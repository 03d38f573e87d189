import type { AdvancedFilter } from './definitions.ts';
import { type PublishedEvent, valueAt } from './events.ts';

export type EventTest = (event: PublishedEvent) => boolean;

/** One value of the wanted type against the filter's values: is one of them hit? */
type Hit = (value: unknown) => boolean;

/**
 * The 19 operators (event-filtering). Values within a filter are OR. A `Not…` operator fails on any hit; a value of another
 * type counts as not there. A key that is not there: only NumberNotIn, StringNotIn and IsNullOrUndefined match.
 */
export function compileAdvancedFilter(filter: AdvancedFilter, looksIntoArrays: boolean): EventTest {
  const { key, operatorType } = filter;
  if (operatorType === 'IsNullOrUndefined') return (event) => (valueAt(event, key) ?? null) === null;
  if (operatorType === 'IsNotNull') return (event) => (valueAt(event, key) ?? null) !== null;

  const isWanted = operatorType.startsWith('Number') ? isNumber : operatorType === 'BoolEquals' ? isBoolean : isString;
  const isNegated = operatorType.includes('Not');
  const matchesMissing = operatorType === 'NumberNotIn' || operatorType === 'StringNotIn';
  const isHit = hitOf(filter);
  return (event) => {
    const value = valueAt(event, key);
    if (looksIntoArrays && Array.isArray(value)) {
      const hit = value.some((entry) => isWanted(entry) && isHit(entry));
      return isNegated ? !hit : hit;
    }
    if (!isWanted(value)) return matchesMissing;
    return isHit(value) !== isNegated;
  };
}

function hitOf(filter: AdvancedFilter): Hit {
  switch (filter.operatorType) {
    case 'NumberIn':
    case 'NumberNotIn': {
      const values = new Set<unknown>(filter.values);
      return (value) => values.has(value);
    }
    case 'NumberLessThan':
      return (value) => (value as number) < filter.value;
    case 'NumberGreaterThan':
      return (value) => (value as number) > filter.value;
    case 'NumberLessThanOrEquals':
      return (value) => (value as number) <= filter.value;
    case 'NumberGreaterThanOrEquals':
      return (value) => (value as number) >= filter.value;
    case 'NumberInRange':
    case 'NumberNotInRange':
      return (value) => filter.values.some(([low, high]) => low <= (value as number) && (value as number) <= high);
    case 'BoolEquals':
      return (value) => value === filter.value;
    case 'StringIn':
    case 'StringNotIn': {
      const values = new Set(filter.values.map(fold));
      return (value) => values.has(fold(value as string));
    }
    case 'StringContains':
    case 'StringNotContains':
      return someText(filter.values, (text, part) => text.includes(part));
    case 'StringBeginsWith':
    case 'StringNotBeginsWith':
      return someText(filter.values, (text, part) => text.startsWith(part));
    case 'StringEndsWith':
    case 'StringNotEndsWith':
      return someText(filter.values, (text, part) => text.endsWith(part));
    case 'IsNullOrUndefined':
    case 'IsNotNull':
      throw new Error('Operators without values are compiled before.');
  }
}

function someText(values: readonly string[], holds: (text: string, part: string) => boolean): Hit {
  const parts = values.map(fold);
  return (value) => {
    const text = fold(value as string);
    return parts.some((part) => holds(text, part));
  };
}

/** All string comparisons of advanced filters ignore letter case. */
function fold(text: string): string {
  return text.toLowerCase();
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}
