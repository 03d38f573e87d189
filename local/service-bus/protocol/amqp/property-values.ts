import * as amqp from '../../../amqp/codec/index.ts';
import type { PropertyValue } from '../../engine/values.ts';
import { type DecimalType, decimal128Bytes, decimalText } from './decimals.ts';

/** .NET's TimeSpan on the wire: a described long of 100 ns units. */
const TIMESPAN = 'com.microsoft:timespan';

/** Reads the value that stands next, with its AMQP type. */
export function readPropertyValue(reader: amqp.Reader): PropertyValue {
  const start = reader.position;
  const value = toPropertyValue(reader.typedValue());
  if (value.type !== 'other') return value;
  return { type: 'other', encoded: Buffer.from(reader.buffer.subarray(start, reader.position)) };
}

/** A value that was decoded with its type (`Typed`), or plainly: then whole numbers are int or long, others double. */
export function toPropertyValue(value: unknown): PropertyValue {
  if (value === null || value === undefined) return { type: 'null' };
  if (value instanceof amqp.Typed) return typed(value);
  switch (typeof value) {
    case 'string':
      return { type: 'string', value };
    case 'boolean':
      return { type: 'boolean', value };
    case 'bigint':
      return { type: 'long', value };
    case 'number':
      if (!Number.isSafeInteger(value)) return { type: 'double', value };
      return value >= -0x8000_0000 && value <= 0x7fff_ffff
        ? { type: 'int', value }
        : { type: 'long', value: BigInt(value) };
  }
  if (value instanceof Date) return { type: 'timestamp', value: value.getTime() };
  if (value instanceof amqp.Uuid) return { type: 'uuid', value: value.toString() };
  if (value instanceof Uint8Array) return { type: 'binary', value: Buffer.from(value) };
  if (value instanceof amqp.Described) {
    if (value.descriptor === TIMESPAN) return { type: 'timespan', ticks: BigInt(value.value as number) };
    if (Buffer.isBuffer(value.value) && String(value.descriptor).startsWith('decimal')) {
      const text = decimalText(value.descriptor as DecimalType, value.value);
      if (text !== undefined) return { type: 'decimal', value: text };
    }
  }
  return { type: 'other', encoded: amqp.encodeValue(value) };
}

function typed({ type, value }: amqp.Typed): PropertyValue {
  switch (type) {
    case 'long':
    case 'ulong':
      return { type, value: BigInt(value as number) };
    case 'binary':
    case 'uuid':
    case 'timestamp':
      return toPropertyValue(value);
    case 'boolean':
      return { type, value: value as boolean };
    case 'string':
    case 'symbol':
    case 'char':
      return { type, value: value as string };
    default:
      return { type, value: value as number };
  }
}

/** What the codec writes for the value. */
export function fromPropertyValue(value: PropertyValue): unknown {
  switch (value.type) {
    case 'null':
      return null;
    case 'decimal':
      return amqp.described('decimal128', decimal128Bytes(value.value));
    case 'timespan':
      return amqp.described(TIMESPAN, amqp.long(value.ticks));
    case 'uuid':
      return amqp.uuid(value.value);
    case 'other':
      return amqp.encoded(value.encoded);
    case 'string':
    case 'boolean':
      return value.value;
    default:
      return new amqp.Typed(value.type, value.value);
  }
}

/** A changed system property as text; AMQP has no other type for those that a rule may set, but times. */
export function propertyText(value: PropertyValue): string | undefined {
  if (value.type === 'null' || value.type === 'other' || value.type === 'binary') return undefined;
  return value.type === 'timespan' ? String(value.ticks) : String(value.value);
}
