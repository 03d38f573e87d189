import { encodeAnnotations, long, readSections, Section, timestamp } from '../../amqp/codec/index.ts';
import type { LastEnqueued, StoredEvent } from '../engine/event.ts';
import { decodeHead } from './event-head.ts';

/*
 * A delivered event = header? delivery-annotations? message-annotations bare-message. Those of delivery are the sender's (live test
 * of azure-eventhub, test_send) unless the reader asked for ours. The message annotations are
 * written by hand: they are the only thing made anew for every event and every reader. Their types are those that clients cast to:
 * long, string, timestamp, string.
 */

const SEQUENCE_NUMBER = symbolOf('x-opt-sequence-number');
const OFFSET = symbolOf('x-opt-offset');
const ENQUEUED_TIME = symbolOf('x-opt-enqueued-time');
const PARTITION_KEY = symbolOf('x-opt-partition-key');
const SECTION_START = Buffer.from([0x00, 0x53, Section.messageAnnotations, 0xd1]);
const NO_BYTES = new Uint8Array(0);
const LONG = 0x81;
const TIMESTAMP = 0x83;
const STRING8 = 0xa1;
const STRING32 = 0xb1;
const TWO_TO_32 = 2 ** 32;

/** @param deliveryAnnotations an encoded section, when the reader asked for one; it stands in place of the sender's */
export function encodeDelivery(event: StoredEvent, deliveryAnnotations: Uint8Array = NO_BYTES): Buffer {
  const { front, annotationCount, annotationPairs } = decodeHead(event.head);
  const header = deliveryAnnotations.length === 0 ? front : withoutAnnotations(front);
  const offset = String(event.offset);
  const key = event.partitionKey;
  const keyBytes = key === undefined ? 0 : Buffer.byteLength(key);
  const keyLength = key === undefined ? 0 : PARTITION_KEY.length + (keyBytes <= 0xff ? 2 : 5) + keyBytes;
  const mapLength =
    SEQUENCE_NUMBER.length +
    9 +
    OFFSET.length +
    2 +
    offset.length +
    ENQUEUED_TIME.length +
    9 +
    keyLength +
    annotationPairs.length;
  const bytes = Buffer.allocUnsafe(
    header.length + deliveryAnnotations.length + SECTION_START.length + 8 + mapLength + event.payload.length,
  );
  let at = put(bytes, header, 0);
  at = put(bytes, deliveryAnnotations, at);
  at = put(bytes, SECTION_START, at);
  at = bytes.writeUInt32BE(mapLength + 4, at);
  at = bytes.writeUInt32BE(2 * (3 + (key === undefined ? 0 : 1) + annotationCount), at);
  at = put(bytes, SEQUENCE_NUMBER, at);
  at = putInteger(bytes, LONG, event.sequenceNumber, at);
  at = put(bytes, OFFSET, at);
  at = putString(bytes, offset, offset.length, at);
  at = put(bytes, ENQUEUED_TIME, at);
  at = putInteger(bytes, TIMESTAMP, event.enqueuedAt, at);
  if (key !== undefined) {
    at = put(bytes, PARTITION_KEY, at);
    at = putString(bytes, key, keyBytes, at);
  }
  at = put(bytes, annotationPairs, at);
  put(bytes, event.payload, at);
  return bytes;
}

/** What a reader with the capability `com.microsoft:enable-receiver-runtime-metric` gets with each event. */
export function encodeLastEnqueued(last: LastEnqueued, now: number): Uint8Array {
  return encodeAnnotations(Section.deliveryAnnotations, [
    ['last_enqueued_sequence_number', long(last.sequenceNumber)],
    ['last_enqueued_offset', String(last.offset)],
    ['last_enqueued_time_utc', timestamp(last.enqueuedAt ?? now)],
    ['runtime_info_retrieval_time_utc', timestamp(now)],
  ]);
}

function withoutAnnotations(front: Uint8Array): Uint8Array {
  const sections = readSections(Buffer.from(front.buffer, front.byteOffset, front.length));
  return front.subarray(0, sections.header?.end ?? 0);
}

function symbolOf(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xa3, text.length]), Buffer.from(text, 'latin1')]);
}

function put(bytes: Buffer, part: Uint8Array, at: number): number {
  bytes.set(part, at);
  return at + part.length;
}

/** A non-negative 64-bit integer; two halves are several times faster than a bigint. */
function putInteger(bytes: Buffer, code: number, value: number, at: number): number {
  bytes[at] = code;
  bytes.writeUInt32BE(Math.floor(value / TWO_TO_32), at + 1);
  return bytes.writeUInt32BE(value % TWO_TO_32, at + 5);
}

function putString(bytes: Buffer, text: string, length: number, at: number): number {
  let start = at;
  if (length <= 0xff) {
    bytes[at] = STRING8;
    bytes[at + 1] = length;
    start += 2;
  } else {
    bytes[at] = STRING32;
    start = bytes.writeUInt32BE(length, at + 1);
  }
  return start + bytes.write(text, start, 'utf8');
}
