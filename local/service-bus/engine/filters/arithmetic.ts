import { calculateDecimal, decimalFromInteger } from './decimal.ts';
import type { ArithmeticOperator } from './syntax.ts';
import { toText } from './text.ts';
import {
  type Evaluated,
  type Fault,
  fault,
  INT32_MIN,
  INT64_MIN,
  isNumber,
  NULL,
  type NumberValue,
  type SqlValue,
  TICKS_PER_MILLISECOND,
  typeName,
} from './values.ts';

/**
 * Binary arithmetic of two known values as C# (unchecked) does it: promotion, truncating division, silent wrap of int and
 * long, concatenation when either side of `+` is a string.
 */
export function calculate(operator: ArithmeticOperator, left: SqlValue, right: SqlValue): Evaluated {
  if (isNumber(left) && isNumber(right)) return calculateNumbers(operator, left, right);
  if (operator === '+' && (left.type === 'string' || right.type === 'string'))
    return { type: 'string', value: toText(left) + toText(right) };
  if (left.type === 'char' || right.type === 'char') {
    if (left.type === 'char') return calculate(operator, codeOf(left.value), right);
    if (right.type === 'char') return calculate(operator, left, codeOf(right.value));
  }
  if (left.type === 'null' || right.type === 'null') {
    const other = left.type === 'null' ? right : left;
    // A lifted operator: null with a number, a date or a time is null.
    if (other.type === 'null' || isNumber(other) || other.type === 'datetime' || other.type === 'timespan') return NULL;
  }
  return calculateTimes(operator, left, right) ?? noOperator(operator, left, right);
}

export function negate(value: SqlValue): Evaluated {
  switch (value.type) {
    case 'int':
      return { type: 'int', value: -value.value | 0 };
    case 'uint':
      return { type: 'long', value: -BigInt(value.value) };
    case 'long':
      return { type: 'long', value: BigInt.asIntN(64, -value.value) };
    case 'float':
    case 'double':
      return { type: value.type, value: -value.value };
    case 'decimal':
      return { ...value, coefficient: -value.coefficient };
    case 'timespan':
      return { type: 'timespan', value: -value.value };
    case 'char':
      return negate(codeOf(value.value));
    case 'null':
      return NULL;
    default:
      return fault(`Operator '-' cannot be applied to operand of type '${typeName(value)}'`);
  }
}

export function plus(value: SqlValue): Evaluated {
  if (value.type === 'char') return codeOf(value.value);
  if (isNumber(value) || value.type === 'timespan' || value.type === 'null') return value;
  return fault(`Operator '+' cannot be applied to operand of type '${typeName(value)}'`);
}

export function noOperator(operator: string, left: SqlValue, right: SqlValue): Fault {
  return fault(
    `Operator '${operator}' cannot be applied to operands of type '${typeName(left)}' and '${typeName(right)}'`,
  );
}

function codeOf(character: string): SqlValue {
  return { type: 'int', value: character.codePointAt(0) ?? 0 };
}

function calculateNumbers(operator: ArithmeticOperator, left: NumberValue, right: NumberValue): Evaluated {
  if (left.type === 'decimal' || right.type === 'decimal') {
    if (isFloating(left) || isFloating(right)) return noOperator(operator, left, right);
    return calculateDecimal(operator, toDecimal(left), toDecimal(right));
  }
  if (isFloating(left) || isFloating(right)) {
    const isDouble = left.type === 'double' || right.type === 'double';
    const round = isDouble ? (value: number) => value : Math.fround;
    const result = floating(operator, round(Number(left.value)), round(Number(right.value)));
    return { type: isDouble ? 'double' : 'float', value: round(result) };
  }
  if (left.type === 'int' && right.type === 'int') return calculateInts(operator, left.value, right.value);
  if (left.type === 'ulong' || right.type === 'ulong') {
    if (!convertsToUlong(left) || !convertsToUlong(right)) return noOperator(operator, left, right);
    const result = whole(operator, BigInt(left.value), BigInt(right.value));
    return typeof result === 'bigint' ? { type: 'ulong', value: BigInt.asUintN(64, result) } : result;
  }
  const result = whole(operator, BigInt(left.value), BigInt(right.value));
  if (typeof result !== 'bigint') return result;
  if (left.type === 'uint' && right.type === 'uint') return { type: 'uint', value: Number(BigInt.asUintN(32, result)) };
  return { type: 'long', value: BigInt.asIntN(64, result) };
}

function isFloating(value: NumberValue): value is Extract<NumberValue, { readonly type: 'float' | 'double' }> {
  return value.type === 'float' || value.type === 'double';
}

/** Unsigned values do, and so does a constant that is not negative (C# implicit constant conversion). */
function convertsToUlong(value: Exclude<NumberValue, { readonly type: 'float' | 'double' | 'decimal' }>): boolean {
  if (value.type === 'ulong' || value.type === 'uint') return true;
  return value.type === 'long' && value.isConstant === true && value.value >= 0n;
}

function toDecimal(value: NumberValue) {
  return value.type === 'decimal' ? value : decimalFromInteger(value.value);
}

function floating(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
  }
}

function calculateInts(operator: ArithmeticOperator, left: number, right: number): Evaluated {
  if ((operator === '/' || operator === '%') && right === 0) return fault('Attempted to divide by zero.');
  if (operator === '/' && left === INT32_MIN && right === -1)
    return fault('Arithmetic operation resulted in an overflow.');
  const result = operator === '*' ? Math.imul(left, right) : floating(operator, left, right);
  return { type: 'int', value: result | 0 };
}

function whole(operator: ArithmeticOperator, left: bigint, right: bigint): bigint | Fault {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0n) return fault('Attempted to divide by zero.');
      if (left === INT64_MIN && right === -1n) return fault('Arithmetic operation resulted in an overflow.');
      return left / right;
    case '%':
      return right === 0n ? fault('Attempted to divide by zero.') : left % right;
  }
}

/** DateTime - DateTime is a TimeSpan; DateTime ± TimeSpan a DateTime; TimeSpan ± TimeSpan a TimeSpan. */
function calculateTimes(operator: ArithmeticOperator, left: SqlValue, right: SqlValue): Evaluated {
  if (operator !== '+' && operator !== '-') return undefined;
  const sign = operator === '+' ? 1n : -1n;
  if (left.type === 'timespan' && right.type === 'timespan')
    return { type: 'timespan', value: left.value + sign * right.value };
  if (left.type === 'datetime' && right.type === 'timespan')
    return { type: 'datetime', value: left.value + Number((sign * right.value) / TICKS_PER_MILLISECOND) };
  if (left.type === 'datetime' && right.type === 'datetime' && operator === '-')
    return { type: 'timespan', value: BigInt(left.value - right.value) * TICKS_PER_MILLISECOND };
  return undefined;
}
