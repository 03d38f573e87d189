import type { PropertyValue } from '../api.ts';
import { decimalFromInteger, decimalFromText, decimalToText } from './decimal.ts';
import { fromSqlValue } from './properties.ts';
import { toText } from './text.ts';
import { INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, isNumber, type SqlValue, UINT64_MAX } from './values.ts';

const INTEGER_RANGES: Readonly<Partial<Record<PropertyValue['type'], readonly [bigint, bigint]>>> = {
  byte: [-128n, 127n],
  ubyte: [0n, 255n],
  short: [-32768n, 32767n],
  ushort: [0n, 65535n],
  int: [BigInt(INT32_MIN), BigInt(INT32_MAX)],
  uint: [0n, 2n ** 32n - 1n],
  long: [INT64_MIN, INT64_MAX],
  ulong: [0n, UINT64_MAX],
};

/**
 * The value as a property of the given type, as .NET's `Convert` with the invariant culture makes it; `undefined` where it
 * would throw. (sql-rule-action: SET converts to the type of the existing property where possible.)
 */
export function convertTo(type: PropertyValue['type'], value: SqlValue): PropertyValue | undefined {
  const natural = fromSqlValue(value);
  if (natural.type === type || type === 'null' || value.type === 'null') return natural;
  const range = INTEGER_RANGES[type];
  if (range) {
    const whole = toInteger(value);
    if (whole === undefined || whole < range[0] || whole > range[1]) return undefined;
    if (type === 'long' || type === 'ulong') return { type, value: whole };
    return { type: type as 'int', value: Number(whole) };
  }
  switch (type) {
    case 'string':
    case 'symbol':
      return value.type === 'opaque' ? undefined : { type, value: toText(value) };
    case 'float':
    case 'double': {
      const number = toFloat(value);
      return number === undefined ? undefined : { type, value: type === 'float' ? Math.fround(number) : number };
    }
    case 'decimal': {
      const text =
        value.type === 'string' || value.type === 'double' || value.type === 'float' ? toText(value) : undefined;
      const whole = text === undefined ? toInteger(value) : undefined;
      const decimal =
        text !== undefined ? decimalFromText(text) : whole === undefined ? undefined : decimalFromInteger(whole);
      return decimal && { type, value: decimalToText(decimal) };
    }
    case 'boolean': {
      if (value.type === 'string') {
        const text = value.value.trim().toLowerCase();
        return text === 'true' || text === 'false' ? { type, value: text === 'true' } : undefined;
      }
      const number = toFloat(value);
      return number === undefined ? undefined : { type, value: number !== 0 };
    }
    case 'char':
      return value.type === 'string' && [...value.value].length === 1 ? { type, value: value.value } : undefined;
    case 'uuid':
      return value.type === 'string' ? guidFromText(value.value) : undefined;
    case 'timestamp':
      return value.type === 'string' ? dateFromText(value.value) : undefined;
    case 'timespan':
      return value.type === 'string' ? timeSpanFromText(value.value) : undefined;
    default:
      return undefined;
  }
}

function toInteger(value: SqlValue): bigint | undefined {
  switch (value.type) {
    case 'boolean':
      return value.value ? 1n : 0n;
    case 'string':
      return /^\s*[+-]?\d+\s*$/.test(value.value) ? BigInt(value.value.replace('+', '')) : undefined;
    case 'decimal':
      return toInteger({ type: 'double', value: Number(decimalToText(value)) });
    case 'float':
    case 'double':
      return Number.isFinite(value.value) ? BigInt(roundHalfToEven(value.value)) : undefined;
    default:
      return isNumber(value) ? BigInt(value.value) : undefined;
  }
}

function toFloat(value: SqlValue): number | undefined {
  if (value.type === 'boolean') return value.value ? 1 : 0;
  if (value.type === 'string') {
    const isNumeric = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/.test(value.value);
    return isNumeric ? Number(value.value) : undefined;
  }
  if (value.type === 'decimal') return Number(decimalToText(value));
  return isNumber(value) ? Number(value.value) : undefined;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function guidFromText(text: string): PropertyValue | undefined {
  const digits = /^[{(]?([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})[})]?$/i.exec(text.trim())?.[1];
  if (digits === undefined) return undefined;
  const plain = digits.replaceAll('-', '').toLowerCase();
  return { type: 'uuid', value: plain.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') };
}

/** ISO 8601; without an offset it is UTC. */
function dateFromText(text: string): PropertyValue | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?))?(Z|[+-]\d{2}:\d{2})?$/.exec(
    text.trim(),
  );
  if (!match) return undefined;
  const instant = Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`);
  return Number.isNaN(instant) ? undefined : { type: 'timestamp', value: instant };
}

/** `[-][d.]hh:mm[:ss[.fffffff]]`, as TimeSpan.Parse reads it. */
function timeSpanFromText(text: string): PropertyValue | undefined {
  const match = /^(-)?(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/.exec(text.trim());
  if (!match) return undefined;
  const [hours, minutes, seconds] = [Number(match[3]), Number(match[4]), Number(match[5] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const total = ((BigInt(match[2] ?? 0) * 24n + BigInt(hours)) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
  const ticks = total * 10_000_000n + BigInt((match[6] ?? '').padEnd(7, '0'));
  return { type: 'timespan', ticks: match[1] ? -ticks : ticks };
}
