import { noOperator } from './arithmetic.ts';
import { compareDecimals, decimalFromInteger } from './decimal.ts';
import type { ComparisonOperator } from './syntax.ts';
import { isNumber, type NumberValue, type SqlValue, type Truth } from './values.ts';

/**
 * Compares two known values as C# does: strings by ordinal and only for equality; null equals null, is unlike everything
 * else and is neither smaller nor larger; integers by their exact value whatever their types (choices.ts).
 */
export function compare(operator: ComparisonOperator, left: SqlValue, right: SqlValue): Truth {
  if (left.type === 'null' || right.type === 'null') {
    const isOrder = operator !== '=' && operator !== '<>';
    const other = left.type === 'null' ? right : left;
    if (isOrder && !hasOrder(other)) return noOperator(operator, left, right);
    if (isOrder) return false;
    return (operator === '=') === (left.type === right.type);
  }
  if (isNumber(left) && isNumber(right)) {
    const isMixed = (left.type === 'decimal' && isFloating(right)) || (right.type === 'decimal' && isFloating(left));
    return isMixed ? noOperator(operator, left, right) : holds(operator, orderOfNumbers(left, right));
  }
  if (left.type !== right.type) {
    if (left.type === 'char' && isNumber(right)) return compare(operator, codeOf(left.value), right);
    if (right.type === 'char' && isNumber(left)) return compare(operator, left, codeOf(right.value));
    return noOperator(operator, left, right);
  }
  switch (left.type) {
    case 'datetime':
    case 'timespan':
    case 'char':
      return holds(operator, order(left.value, (right as typeof left).value));
    case 'string':
    case 'guid':
    case 'boolean':
      if (operator === '=') return left.value === (right as typeof left).value;
      if (operator === '<>') return left.value !== (right as typeof left).value;
      return noOperator(operator, left, right);
    default:
      return noOperator(operator, left, right);
  }
}

/** -1, 0, 1, or NaN when one side is not a number. Never called with a decimal against a float or double. */
function orderOfNumbers(left: NumberValue, right: NumberValue): number {
  if (left.type === 'decimal' || right.type === 'decimal')
    return compareDecimals(
      left.type === 'decimal' ? left : decimalFromInteger(left.value),
      right.type === 'decimal' ? right : decimalFromInteger(right.value),
    );
  if (isFloating(left) || isFloating(right)) {
    const isDouble = left.type === 'double' || right.type === 'double';
    const a = Number(left.value);
    const b = Number(right.value);
    return isDouble ? order(a, b) : order(Math.fround(a), Math.fround(b));
  }
  return order(left.value, right.value);
}

function order(left: number | bigint | string, right: number | bigint | string): number {
  if (left < right) return -1;
  if (left > right) return 1;
  return Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : 0;
}

function holds(operator: ComparisonOperator, result: number): boolean {
  switch (operator) {
    case '=':
      return result === 0;
    case '<>':
      return result !== 0;
    case '<':
      return result < 0;
    case '<=':
      return result <= 0;
    case '>':
      return result > 0;
    case '>=':
      return result >= 0;
  }
}

function isFloating(value: NumberValue): boolean {
  return value.type === 'float' || value.type === 'double';
}

function hasOrder(value: SqlValue): boolean {
  return (
    value.type === 'null' ||
    isNumber(value) ||
    value.type === 'datetime' ||
    value.type === 'timespan' ||
    value.type === 'char'
  );
}

function codeOf(character: string): SqlValue {
  return { type: 'int', value: character.codePointAt(0) ?? 0 };
}
