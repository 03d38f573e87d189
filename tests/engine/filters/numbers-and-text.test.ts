import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PropertyValue } from '../../../local/service-bus/engine/api.ts';
import { calculate } from '../../../local/service-bus/engine/filters/arithmetic.ts';
import { compare } from '../../../local/service-bus/engine/filters/comparison.ts';
import { convertTo } from '../../../local/service-bus/engine/filters/convert.ts';
import { decimalFromText, decimalToText } from '../../../local/service-bus/engine/filters/decimal.ts';
import { toText } from '../../../local/service-bus/engine/filters/text.ts';
import type { SqlValue } from '../../../local/service-bus/engine/filters/values.ts';

const OPERATORS = ['+', '-', '*', '/', '%'] as const;
const int64 = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-10n, 10n));
const int32 = fc.oneof(fc.integer(), fc.integer({ min: -10, max: 10 }));
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** The whole number without any limit; `undefined` for a division by zero. */
function exact(operator: (typeof OPERATORS)[number], a: bigint, b: bigint): bigint | undefined {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  if (b === 0n) return undefined;
  return operator === '/' ? a / b : a % b;
}

describe('integers', () => {
  it('wrap as two’s complement of their type', () => {
    const wraps: readonly (readonly [SqlValue['type'], (value: bigint) => bigint, fc.Arbitrary<bigint>])[] = [
      ['int', (value) => BigInt.asIntN(32, value), int32.map(BigInt)],
      ['uint', (value) => BigInt.asUintN(32, value), uint32.map(BigInt)],
      ['long', (value) => BigInt.asIntN(64, value), int64],
      ['ulong', (value) => BigInt.asUintN(64, value), fc.bigInt(0n, 2n ** 64n - 1n)],
    ];
    for (const [type, wrap, values] of wraps)
      fc.assert(
        fc.property(fc.constantFrom(...OPERATORS), values, values, (operator, a, b) => {
          const make = (value: bigint) =>
            ({ type, value: type === 'int' || type === 'uint' ? Number(value) : value }) as SqlValue;
          const whole = exact(operator, a, b);
          const result = calculate(operator, make(a), make(b))!;
          const isOverflow = operator === '/' && b === -1n && whole !== undefined && wrap(whole) !== whole;
          if (whole === undefined || isOverflow) expect(result.type).toBe('fault');
          else expect(result).toEqual(make(wrap(whole)));
        }),
        { numRuns: 300 },
      );
  });

  it('of different types compare by value', () => {
    const value = fc.oneof(
      int32.map((number) => ({ type: 'int', value: number }) as const),
      uint32.map((number) => ({ type: 'uint', value: number }) as const),
      int64.map((number) => ({ type: 'long', value: number }) as const),
      fc.bigInt(0n, 2n ** 64n - 1n).map((number) => ({ type: 'ulong', value: number }) as const),
    );
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(compare('<', a, b)).toBe(BigInt(a.value) < BigInt(b.value));
        expect(compare('=', a, b)).toBe(BigInt(a.value) === BigInt(b.value));
        expect(compare('>=', a, b)).toBe(BigInt(a.value) >= BigInt(b.value));
      }),
    );
  });
});

describe('decimals', () => {
  const decimal = fc.tuple(fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.integer({ min: 0, max: 6 }));
  const make = ([coefficient, scale]: readonly [bigint, number]) => ({ type: 'decimal', coefficient, scale }) as const;

  it('add, subtract and multiply exactly', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const scaled = ([coefficient, scale]: readonly [bigint, number]) => coefficient * 10n ** BigInt(6 - scale);
        const sum = calculate('+', make(a), make(b));
        expect(compare('=', sum as SqlValue, make([scaled(a) + scaled(b), 6]))).toBe(true);
        const product = calculate('*', make(a), make(b));
        expect(compare('=', product as SqlValue, make([scaled(a) * scaled(b), 12]))).toBe(true);
      }),
    );
  });

  it('divide to 28 places, round half to even, and overflow', () => {
    const text = (value: unknown) => toText(value as SqlValue);
    const of = (written: string) => decimalFromText(written)!;
    expect(text(calculate('/', of('1'), of('3')))).toBe(`0.${'3'.repeat(28)}`);
    expect(text(calculate('/', of('2'), of('3')))).toBe(`0.${'6'.repeat(27)}7`);
    expect(text(calculate('/', of('10.50'), of('2')))).toBe('5.25');
    expect(text(calculate('%', of('-7.5'), of('2')))).toBe('-1.5');
    expect(calculate('*', of('79228162514264337593543950335'), of('2'))).toMatchObject({ type: 'fault' });
    expect(decimalFromText('79228162514264337593543950336')).toBeUndefined();
    expect(decimalFromText('NaN')).toBeUndefined();
  });

  it('are read and written', () => {
    for (const written of ['0', '-12.50', '0.001', '79228162514264337593543950335'])
      expect(decimalToText(decimalFromText(written)!)).toBe(written);
    expect(decimalToText(decimalFromText('1E+3')!)).toBe('1000');
    expect(decimalToText(decimalFromText('-1.5e-3')!)).toBe('-0.0015');
  });
});

describe('text of values, as .NET’s invariant culture writes it', () => {
  it.each<readonly [SqlValue, string]>([
    [{ type: 'null' }, ''],
    [{ type: 'boolean', value: true }, 'True'],
    [{ type: 'long', value: -5n }, '-5'],
    [{ type: 'double', value: 2.5 }, '2.5'],
    [{ type: 'double', value: 1e21 }, '1E+21'],
    [{ type: 'double', value: Number.NEGATIVE_INFINITY }, '-Infinity'],
    [{ type: 'float', value: Math.fround(0.1) }, '0.1'],
    [{ type: 'datetime', value: Date.UTC(2026, 0, 31, 13, 5) }, '01/31/2026 13:05:00'],
    [{ type: 'timespan', value: 0n }, '00:00:00'],
    [{ type: 'timespan', value: -(26n * 3600n * 10_000_000n + 1n) }, '-1.02:00:00.0000001'],
  ])('%o is %s', (value, text) => {
    expect(toText(value)).toBe(text);
  });
});

describe('conversion to the type of a property', () => {
  it.each<readonly [PropertyValue['type'], SqlValue, PropertyValue | undefined]>([
    ['byte', { type: 'long', value: 200n }, undefined],
    ['ubyte', { type: 'long', value: 200n }, { type: 'ubyte', value: 200 }],
    ['ulong', { type: 'string', value: ' 7 ' }, { type: 'ulong', value: 7n }],
    ['ulong', { type: 'long', value: -1n }, undefined],
    ['int', { type: 'double', value: 3.5 }, { type: 'int', value: 4 }],
    ['int', { type: 'double', value: Number.NaN }, undefined],
    ['long', { type: 'boolean', value: true }, { type: 'long', value: 1n }],
    ['double', { type: 'string', value: '1e3' }, { type: 'double', value: 1000 }],
    ['double', { type: 'string', value: 'many' }, undefined],
    ['boolean', { type: 'string', value: 'yes' }, undefined],
    ['boolean', { type: 'long', value: 2n }, { type: 'boolean', value: true }],
    ['string', { type: 'boolean', value: false }, { type: 'string', value: 'False' }],
    ['char', { type: 'string', value: 'ab' }, undefined],
    ['timestamp', { type: 'string', value: '2026-01-01' }, { type: 'timestamp', value: Date.UTC(2026, 0, 1) }],
    ['timestamp', { type: 'string', value: 'tomorrow' }, undefined],
    ['timespan', { type: 'string', value: '-00:00:01.5' }, { type: 'timespan', ticks: -15_000_000n }],
    ['timespan', { type: 'string', value: '25:00' }, undefined],
    [
      'uuid',
      { type: 'string', value: '{0F8FAD5B-D9CB-469F-A165-70867728950E}' },
      { type: 'uuid', value: '0f8fad5b-d9cb-469f-a165-70867728950e' },
    ],
    ['int', { type: 'null' }, { type: 'null' }],
  ])('%s from %o', (type, value, expected) => {
    expect(convertTo(type, value)).toEqual(expected);
  });
});
