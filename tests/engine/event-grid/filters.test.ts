import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileAdvancedFilter } from '../../../local/event-grid/engine/advanced-filters.ts';
import type { AdvancedFilter, EventFilter } from '../../../local/event-grid/engine/definitions.ts';
import { compileFilter } from '../../../local/event-grid/engine/filter.ts';
import { cloudEvent, event, NO_FILTER } from './routed.ts';

const selects = (filter: AdvancedFilter, data: unknown, arrays = false) =>
  compileAdvancedFilter(filter, arrays)(event('1', data));
const on = (operatorType: string, given: object): AdvancedFilter =>
  ({ operatorType, key: 'data.k', ...given }) as unknown as AdvancedFilter;

/** Operator, its values, a value that matches, one that does not, and whether a missing key matches. */
const OPERATORS = [
  ['NumberIn', { values: [1, 2] }, 2, 3, false],
  ['NumberNotIn', { values: [1, 2] }, 3, 2, true],
  ['NumberLessThan', { value: 10 }, 9.99, 10, false],
  ['NumberGreaterThan', { value: 10 }, 10.01, 10, false],
  ['NumberLessThanOrEquals', { value: 10 }, 10, 10.01, false],
  ['NumberGreaterThanOrEquals', { value: 10 }, 10, 9.99, false],
  [
    'NumberInRange',
    {
      values: [
        [1, 2],
        [5, 6],
      ],
    },
    6,
    4,
    false,
  ],
  [
    'NumberNotInRange',
    {
      values: [
        [1, 2],
        [5, 6],
      ],
    },
    4,
    5,
    false,
  ],
  ['BoolEquals', { value: true }, true, false, false],
  ['StringContains', { values: ['lue', 'x'] }, 'BLUE', 'green', false],
  ['StringNotContains', { values: ['lue', 'x'] }, 'green', 'BLUE', false],
  ['StringBeginsWith', { values: ['bl', 'x'] }, 'Blue', 'green', false],
  ['StringNotBeginsWith', { values: ['bl', 'x'] }, 'green', 'Blue', false],
  ['StringEndsWith', { values: ['UE', 'x'] }, 'blue', 'green', false],
  ['StringNotEndsWith', { values: ['UE', 'x'] }, 'green', 'blue', false],
  ['StringIn', { values: ['blue', 'red'] }, 'RED', 'green', false],
  ['StringNotIn', { values: ['blue', 'red'] }, 'green', 'RED', true],
  ['IsNullOrUndefined', {}, null, 0, true],
  ['IsNotNull', {}, 0, null, false],
] as const;

describe('the nineteen operators', () => {
  it.each(OPERATORS)('%s', (operatorType, values, match, miss, onMissing) => {
    const filter = on(operatorType, values);

    expect(selects(filter, { k: match })).toBe(true);
    expect(selects(filter, { k: miss })).toBe(false);
    expect(selects(filter, {})).toBe(onMissing);
    expect(selects(filter, null)).toBe(onMissing);
  });

  it('take a value of another type for none', () => {
    expect(selects(on('NumberIn', { values: [1] }), { k: '1' })).toBe(false);
    expect(selects(on('NumberNotIn', { values: [1] }), { k: '1' })).toBe(true);
    expect(selects(on('StringIn', { values: ['1'] }), { k: 1 })).toBe(false);
    expect(selects(on('StringNotContains', { values: ['1'] }), { k: 1 })).toBe(false);
    expect(selects(on('BoolEquals', { value: false }), { k: 0 })).toBe(false);
  });

  it('look into arrays only when told to; a Not operator fails on any hit', () => {
    const contains = on('StringContains', { values: ['lue'] });
    const without = on('StringNotContains', { values: ['lue'] });
    expect(selects(contains, { k: ['blue'] })).toBe(false);
    expect(selects(contains, { k: [1, 'blue'] }, true)).toBe(true);
    expect(selects(without, { k: ['red', 'blue'] }, true)).toBe(false);
    expect(selects(without, { k: ['red', 7] }, true)).toBe(true);
    expect(selects(on('NumberInRange', { values: [[1, 2]] }), { k: [0, 'x', 2] }, true)).toBe(true);
  });

  it('agree with their opposites wherever a value of the right type is there', () => {
    const pairs = [
      ['NumberIn', 'NumberNotIn'],
      ['StringIn', 'StringNotIn'],
      ['StringContains', 'StringNotContains'],
      ['StringBeginsWith', 'StringNotBeginsWith'],
      ['StringEndsWith', 'StringNotEndsWith'],
    ] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...pairs),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.string({ maxLength: 2 })), { minLength: 1, maxLength: 5 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.string({ maxLength: 3 })), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        ([positive, negative], values, found, isArray) => {
          const pick = (pair: readonly [number, string]) => (positive === 'NumberIn' ? pair[0] : pair[1]);
          const k = isArray ? found.map(pick) : pick(found[0]!);
          const given = { values: values.map(pick) };
          expect(selects(on(positive, given), { k }, true)).toBe(!selects(on(negative, given), { k }, true));
        },
      ),
    );
  });

  it('match when any of their values alone would', () => {
    const value = fc.string({ maxLength: 3 });
    fc.assert(
      fc.property(
        fc.constantFrom('StringContains', 'StringBeginsWith', 'StringEndsWith', 'StringIn'),
        fc.array(value, { minLength: 1, maxLength: 5 }),
        value,
        (operator, values, k) => {
          const alone = values.some((one) => selects(on(operator, { values: [one] }), { k }));
          expect(selects(on(operator, { values }), { k })).toBe(alone);
        },
      ),
    );
  });

  it('never throw, whatever the event holds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...OPERATORS),
        fc.json(),
        fc.string(),
        fc.boolean(),
        ([operator, values], json, key, arrays) => {
          const filter = { ...on(operator, values), key: `data.${key}` };
          expect(typeof selects(filter, JSON.parse(json), arrays)).toBe('boolean');
        },
      ),
    );
  });
});

describe('keys', () => {
  const found = (key: string, given: Parameters<typeof cloudEvent>[0]) =>
    compileAdvancedFilter({ operatorType: 'StringIn', key, values: ['x'] }, false)(cloudEvent(given));

  it('name the envelope in any letter case, extension attributes, and the way into data', () => {
    expect(found('Subject', { subject: 'x' })).toBe(true);
    expect(found('press', { press: 'x' })).toBe(true);
    expect(found('data.a.b', { data: { a: { b: 'x' } } })).toBe(true);
    expect(found('data.A.b', { data: { a: { b: 'x' } } })).toBe(false);
    expect(found('data.a.b', { data: { 'a.b': 'x' } })).toBe(false);
    expect(found('data.constructor.name', { data: {} })).toBe(false);
    const byType = { operatorType: 'StringIn', key: 'EventType', values: ['t'] } as const;
    expect(compileAdvancedFilter(byType, false)(event('1'))).toBe(true);
  });
});

describe('a filter', () => {
  const passes = (filter: Partial<EventFilter>, subject: string | undefined, type = 'Shop.OrderPaid') =>
    compileFilter({ ...NO_FILTER, ...filter })(cloudEvent({ subject, type }));

  it('passes everything when it is empty', () => {
    expect(passes({}, undefined)).toBe(true);
    expect(passes({ includedEventTypes: [] }, undefined)).toBe(true);
  });

  it('takes the listed types', () => {
    expect(passes({ includedEventTypes: ['Shop.OrderPaid'] }, 's')).toBe(true);
    expect(passes({ includedEventTypes: ['Shop.Order'] }, 's')).toBe(false);
  });

  it('takes subjects by beginning and end, in any letter case unless told otherwise', () => {
    const photos = { subjectBeginsWith: '/photos/', subjectEndsWith: '.JPG' };
    expect(passes(photos, '/Photos/a.jpg')).toBe(true);
    expect(passes({ ...photos, isSubjectCaseSensitive: true }, '/Photos/a.jpg')).toBe(false);
    expect(passes({ ...photos, isSubjectCaseSensitive: true }, '/photos/a.JPG')).toBe(true);
    expect(passes(photos, '/photos/a.png')).toBe(false);
    expect(passes(photos, undefined)).toBe(false);
  });

  it('wants all of its parts', () => {
    const advancedFilters = [{ operatorType: 'StringEndsWith', key: 'type', values: ['paid'] }] as const;
    expect(passes({ subjectBeginsWith: 'a', advancedFilters }, 'ab')).toBe(true);
    expect(passes({ subjectBeginsWith: 'b', advancedFilters }, 'ab')).toBe(false);
    expect(passes({ subjectBeginsWith: 'a', advancedFilters }, 'ab', 'Other')).toBe(false);
  });
});
