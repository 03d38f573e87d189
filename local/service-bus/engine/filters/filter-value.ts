import type { FilterValue, PropertyValue } from '../api.ts';
import { NUMBER_PARAMETER_TYPE } from './choices.ts';
import { toSqlValue } from './properties.ts';
import { booleanValue, type SqlValue } from './values.ts';

/** A rule's value as expressions see it; a whole number of 64 bits counts as a constant of the expression. */
export function fromFilterValue(value: FilterValue): SqlValue {
  switch (typeof value) {
    case 'string':
      return { type: 'string', value };
    case 'number':
      return { type: NUMBER_PARAMETER_TYPE, value };
    case 'bigint':
      return { type: 'long', value, isConstant: true };
    case 'boolean':
      return booleanValue(value);
    default:
      return value instanceof Date ? { type: 'datetime', value: value.getTime() } : fromTyped(value);
  }
}

function fromTyped(value: PropertyValue): SqlValue {
  const known = toSqlValue(value);
  return known.type === 'long' ? { ...known, isConstant: true } : known;
}
