import { crc32 } from 'node:zlib';
import type { LastEnqueued, StoredEvent } from '../engine/event.ts';

/*
 * A segment file, little-endian:
 *
 *   header  = "XHUBLOG1" version:u32 crc:u32 previousSequenceNumber:i64 previousOffset:i64 previousEnqueuedAt:i64 baseOffset:i64
 *   record  = length:u32 crc:u32 body                           length and crc are of the body; one record a publication
 *   body    = enqueuedAt:i64 firstSequenceNumber:i64 firstOffset:i64 count:u32 event*
 *   event   = flags:u8 sequenceDelta:u32 offsetDelta:u32 keyLength:u16 headLength:u32 payloadLength:u32 key head payload
 *
 * A record is whole or it is not there: a publication is never recovered in part. previousEnqueuedAt -1: none.
 */

export const FORMAT_VERSION = 1;
export const HEADER_BYTES = 48;
const MAGIC = Buffer.from('XHUBLOG1', 'latin1');
const RECORD_HEADER_BYTES = 8;
const BODY_FIXED_BYTES = 28;
const EVENT_FIXED_BYTES = 19;
const HAS_KEY = 1;
const IS_TOMBSTONE = 2;

export interface SegmentHeader {
  readonly previous: LastEnqueued;
  readonly baseOffset: number;
}

export function encodeHeader({ previous, baseOffset }: SegmentHeader): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(FORMAT_VERSION, 8);
  header.writeBigInt64LE(BigInt(previous.sequenceNumber), 16);
  header.writeBigInt64LE(BigInt(previous.offset), 24);
  header.writeBigInt64LE(BigInt(previous.enqueuedAt ?? -1), 32);
  header.writeBigInt64LE(BigInt(baseOffset), 40);
  header.writeUInt32LE(crc32(header.subarray(16)), 12);
  return header;
}

/** @returns `undefined` when the bytes are no whole header of a segment */
export function decodeHeader(bytes: Buffer): SegmentHeader | 'other-version' | undefined {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  if (bytes.readUInt32LE(8) !== FORMAT_VERSION) return 'other-version';
  const header = bytes.subarray(0, HEADER_BYTES);
  if (header.readUInt32LE(12) !== crc32(header.subarray(16))) return undefined;
  const enqueuedAt = Number(header.readBigInt64LE(32));
  return {
    previous: {
      sequenceNumber: Number(header.readBigInt64LE(16)),
      offset: Number(header.readBigInt64LE(24)),
      enqueuedAt: enqueuedAt === -1 ? undefined : enqueuedAt,
    },
    baseOffset: Number(header.readBigInt64LE(40)),
  };
}

/** @param events of one publication, or what compaction left of a segment; at least one */
export function encodeRecord(events: readonly StoredEvent[]): Buffer {
  const keys = events.map((event) => Buffer.from(event.partitionKey ?? '', 'utf8'));
  let length = BODY_FIXED_BYTES;
  events.forEach((event, index) => {
    length += EVENT_FIXED_BYTES + keys[index]!.length + event.head.length + event.payload.length;
  });
  const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + length);
  const first = events[0]!;
  let at = RECORD_HEADER_BYTES;
  at = record.writeBigInt64LE(BigInt(first.enqueuedAt), at);
  at = record.writeBigInt64LE(BigInt(first.sequenceNumber), at);
  at = record.writeBigInt64LE(BigInt(first.offset), at);
  at = record.writeUInt32LE(events.length, at);
  events.forEach((event, index) => {
    const key = keys[index]!;
    at = record.writeUInt8(
      (event.partitionKey !== undefined ? HAS_KEY : 0) | (event.isTombstone ? IS_TOMBSTONE : 0),
      at,
    );
    at = record.writeUInt32LE(event.sequenceNumber - first.sequenceNumber, at);
    at = record.writeUInt32LE(event.offset - first.offset, at);
    at = record.writeUInt16LE(key.length, at);
    at = record.writeUInt32LE(event.head.length, at);
    at = record.writeUInt32LE(event.payload.length, at);
    for (const part of [key, event.head, event.payload]) {
      record.set(part, at);
      at += part.length;
    }
  });
  record.writeUInt32LE(length, 0);
  record.writeUInt32LE(crc32(record.subarray(RECORD_HEADER_BYTES)), 4);
  return record;
}

/** Reads records until the end, or until one is torn. `validBytes` is where the last whole one ends. */
export function decodeRecords(bytes: Buffer): { readonly events: StoredEvent[]; readonly validBytes: number } {
  const events: StoredEvent[] = [];
  let at = HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const end = at + RECORD_HEADER_BYTES + length;
    if (length < BODY_FIXED_BYTES || end > bytes.length) break;
    const body = bytes.subarray(at + RECORD_HEADER_BYTES, end);
    if (bytes.readUInt32LE(at + 4) !== crc32(body)) break;
    decodeBody(body, events);
    at = end;
  }
  return { events, validBytes: Math.min(at, bytes.length) };
}

function decodeBody(body: Buffer, into: StoredEvent[]): void {
  const enqueuedAt = Number(body.readBigInt64LE(0));
  const firstSequenceNumber = Number(body.readBigInt64LE(8));
  const firstOffset = Number(body.readBigInt64LE(16));
  const count = body.readUInt32LE(24);
  let at = BODY_FIXED_BYTES;
  for (let index = 0; index < count; index += 1) {
    const flags = body.readUInt8(at);
    const sequenceNumber = firstSequenceNumber + body.readUInt32LE(at + 1);
    const offset = firstOffset + body.readUInt32LE(at + 5);
    const headAt = at + EVENT_FIXED_BYTES + body.readUInt16LE(at + 9);
    const payloadAt = headAt + body.readUInt32LE(at + 11);
    const end = payloadAt + body.readUInt32LE(at + 15);
    const partitionKey = flags & HAS_KEY ? body.toString('utf8', at + EVENT_FIXED_BYTES, headAt) : undefined;
    into.push({
      sequenceNumber,
      offset,
      enqueuedAt,
      partitionKey,
      isTombstone: (flags & IS_TOMBSTONE) !== 0,
      head: body.subarray(headAt, payloadAt),
      payload: body.subarray(payloadAt, end),
    });
    at = end;
  }
}
