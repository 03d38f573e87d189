import { type Fault, fault, type SqlValue } from './values.ts';

/** .NET's decimal: a coefficient of 96 bits and a scale of 0 to 28; results that do not fit are rounded half to even. */
export type DecimalValue = Extract<SqlValue, { readonly type: 'decimal' }>;

const LARGEST_COEFFICIENT = 2n ** 96n - 1n;
const LARGEST_SCALE = 28;

export function decimalFromInteger(value: number | bigint): DecimalValue {
  return { type: 'decimal', coefficient: BigInt(value), scale: 0 };
}

export function compareDecimals(a: DecimalValue, b: DecimalValue): -1 | 0 | 1 {
  const [left, right] = align(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

export function calculateDecimal(operator: '+' | '-' | '*' | '/' | '%', a: DecimalValue, b: DecimalValue) {
  const [left, right, scale] = align(a, b);
  switch (operator) {
    case '+':
      return fit(left + right, scale);
    case '-':
      return fit(left - right, scale);
    case '*':
      return fit(a.coefficient * b.coefficient, a.scale + b.scale);
    case '/': {
      if (right === 0n) return fault('Attempted to divide by zero.');
      const places = LARGEST_SCALE + 1;
      return trim(fit((left * 10n ** BigInt(places)) / right, places));
    }
    case '%':
      return right === 0n ? fault('Attempted to divide by zero.') : fit(left % right, scale);
  }
}

export function decimalToText({ coefficient, scale }: DecimalValue): string {
  const digits = (coefficient < 0n ? -coefficient : coefficient).toString().padStart(scale + 1, '0');
  const sign = coefficient < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function align(a: DecimalValue, b: DecimalValue): readonly [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.coefficient * 10n ** BigInt(scale - a.scale), b.coefficient * 10n ** BigInt(scale - b.scale), scale];
}

function fit(coefficient: bigint, scale: number): DecimalValue | Fault {
  let rest = coefficient;
  let places = scale;
  if (rest === 0n) return { type: 'decimal', coefficient: 0n, scale: Math.min(places, LARGEST_SCALE) };
  while (places > LARGEST_SCALE || (places > 0 && magnitude(rest) > LARGEST_COEFFICIENT)) {
    rest = divideHalfToEven(rest);
    places -= 1;
  }
  if (magnitude(rest) > LARGEST_COEFFICIENT) return fault('Value was either too large or too small for a Decimal.');
  return { type: 'decimal', coefficient: rest, scale: places };
}

function trim(value: DecimalValue | Fault): DecimalValue | Fault {
  if (value.type === 'fault') return value;
  let { coefficient, scale } = value;
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    scale -= 1;
  }
  return { type: 'decimal', coefficient, scale };
}

function divideHalfToEven(value: bigint): bigint {
  const quotient = value / 10n;
  const remainder = magnitude(value % 10n);
  const roundsAway = remainder > 5n || (remainder === 5n && quotient % 2n !== 0n);
  return roundsAway ? quotient + (value < 0n ? -1n : 1n) : quotient;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** `-12.50`, `1E+3`; `undefined` for what .NET's decimal does not hold (NaN, Infinity, too large). */
export function decimalFromText(text: string): DecimalValue | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,6}))?$/.exec(text.trim());
  const [, sign, whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (!match || whole.length + fraction.length === 0) return undefined;
  const digits = BigInt(`${whole}${fraction}`);
  const coefficient = sign === '-' ? -digits : digits;
  const scale = fraction.length - Number(exponent);
  if (scale < -LARGEST_SCALE && digits !== 0n) return undefined;
  const value = scale >= 0 ? fit(coefficient, scale) : fit(coefficient * 10n ** BigInt(Math.min(-scale, 40)), 0);
  return value.type === 'fault' ? undefined : value;
}
