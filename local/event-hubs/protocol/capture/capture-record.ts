import { decodeBody, decodeMap, readDataSections, readSections, Uuid } from '../../../amqp/codec/index.ts';
import type { StoredEvent } from '../../engine/event.ts';
import { encodeDelivery } from '../delivery.ts';
import type { AvroValue, CaptureRecord } from './avro-file.ts';

/** An event as a capture file has it. */
export function toCaptureRecord(event: StoredEvent): CaptureRecord {
  // As a reader would get it, so that annotations come from one place.
  const message = encodeDelivery(event);
  const sections = readSections(message);
  return {
    SequenceNumber: event.sequenceNumber,
    Offset: String(event.offset),
    EnqueuedTimeUtc: toInvariantTime(event.enqueuedAt),
    SystemProperties: toAvroMap(decodeMap(message, sections.messageAnnotations), toSystemProperty),
    Properties: toAvroMap(decodeMap(message, sections.applicationProperties), toProperty),
    Body: toBody(message),
  };
}

/** .NET's invariant culture: `11/21/2025 7:36:01 AM`. */
export function toInvariantTime(at: number): string {
  const time = new Date(at);
  const hour = time.getUTCHours();
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${hour % 12 === 0 ? 12 : hour % 12}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`;
  return `${time.getUTCMonth() + 1}/${time.getUTCDate()}/${time.getUTCFullYear()} ${clock} ${hour < 12 ? 'AM' : 'PM'}`;
}

function toBody(message: Buffer): CaptureRecord['Body'] {
  const sections = readSections(message);
  if (sections.bodyKind === 'data') return { bytes: Buffer.concat(readDataSections(message, sections)) };
  const value = decodeBody(message, sections);
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return { bytes: value };
  return { bytes: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value, toJson), 'utf8') };
}

function toAvroMap(
  values: ReadonlyMap<string, unknown>,
  convert: (value: unknown) => AvroValue,
): Record<string, AvroValue> {
  return Object.fromEntries(Array.from(values, ([key, value]) => [key, convert(value)] as const));
}

/** Times are milliseconds here; the union has no null. */
function toSystemProperty(value: unknown): AvroValue {
  if (value instanceof Date) return { long: value.getTime() };
  return toProperty(value) ?? { string: '' };
}

function toProperty(value: unknown): AvroValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return { long: value };
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { long: value } : { double: value };
  if (typeof value === 'string') return { string: value };
  if (Buffer.isBuffer(value)) return { bytes: value };
  if (value instanceof Date) return { string: toInvariantTime(value.getTime()) };
  if (value instanceof Uuid) return { string: value.toString() };
  if (typeof value === 'boolean') return { string: value ? 'True' : 'False' };
  return { string: JSON.stringify(value, toJson) };
}

function toJson(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (typeof value === 'bigint') return value.toString();
  return value;
}
