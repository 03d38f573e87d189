import type { MessageChanges, MessageImage, PropertyValue, StoredRecord } from '../engine/api.ts';
import type { ByteReader, ByteWriter } from './byte-writer.ts';

// record   = kind:byte entity:text fields
// text     = length:u32le utf-8 ; block = length:u32le bytes ; number = float64le
// message  = flags:byte state:byte sequenceNumber:number enqueuedAt:number deliveryCount:number
//            [expiresAt] [enqueuedSequenceNumber] [scheduledEnqueueAt] [hops] (numbers)
//            [sessionId:text] [deadLetterSource:text] [changes] content:block
// changes  = 0 | 1 messageId:text | 2 json:text
// The kinds that make up a busy journal have a form of their own; the rest is JSON.

const KINDS = {
  message: 1,
  'message-removed': 2,
  'message-locked': 3,
  'message-state': 4,
  'message-id': 5,
  'last-sequence-number': 6,
  'session-state': 7,
} as const;
const JSON_KIND = 64;

const STATES = ['active', 'deferred', 'scheduled'] as const;

const EXPIRES = 1;
const ENQUEUED_ELSEWHERE = 2;
const SCHEDULED = 4;
const HOPS = 8;
const SESSION = 16;
const SOURCE = 32;
const CHANGES = 64;

/** JSON with what JSON lacks: each such value becomes an object with a single key. */
function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, given: unknown) {
    // `given` is what a Date's own toJSON made of it; the holder has the Date.
    const original = this[key];
    if (original instanceof Date) return { $date: original.getTime() };
    if (given === Number.POSITIVE_INFINITY) return { $infinity: 1 };
    if (typeof given === 'bigint') return { $bigint: given.toString() };
    if (given instanceof Map)
      return { $map: [...given].map(([name, item]) => (item === undefined ? [name] : [name, item])) };
    if (given instanceof Uint8Array) return { $bytes: Buffer.from(given).toString('base64') };
    return given;
  });
}

function fromJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (value === null || typeof value !== 'object') return value;
    const [first, ...others] = Object.entries(value);
    if (!first || others.length > 0) return value;
    const [key, content] = first as [string, unknown];
    switch (key) {
      case '$date':
        return new Date(content as number);
      case '$infinity':
        return Number.POSITIVE_INFINITY;
      case '$bigint':
        return BigInt(content as string);
      case '$map':
        return new Map((content as [string, unknown][]).map(([name, item]) => [name, item]));
      case '$bytes':
        return new Uint8Array(Buffer.from(content as string, 'base64'));
      default:
        return value;
    }
  });
}

/** The message id that the broker assigned is what most changed messages have, and nothing else. */
function onlyMessageId(changes: MessageChanges): string | undefined {
  if (changes.application.size > 0 || changes.system.size !== 1) return undefined;
  const value = changes.system.get('MessageId');
  return value?.type === 'string' ? value.value : undefined;
}

function writeChanges(writer: ByteWriter, changes: MessageChanges | undefined): void {
  if (!changes) {
    writer.byte(0);
    return;
  }
  const messageId = onlyMessageId(changes);
  writer.byte(messageId === undefined ? 2 : 1);
  writer.text(messageId ?? toJson(changes));
}

function readChanges(reader: ByteReader): MessageChanges | undefined {
  const form = reader.byte();
  if (form === 0) return undefined;
  if (form === 2) return fromJson(reader.text()) as MessageChanges;
  const messageId: PropertyValue = { type: 'string', value: reader.text() };
  return { system: new Map([['MessageId', messageId]]), application: new Map() };
}

function writeMessage(writer: ByteWriter, message: MessageImage): void {
  const expires = Number.isFinite(message.expiresAt);
  writer.byte(
    (expires ? EXPIRES : 0) |
      (message.enqueuedSequenceNumber !== undefined ? ENQUEUED_ELSEWHERE : 0) |
      (message.scheduledEnqueueAt !== undefined ? SCHEDULED : 0) |
      (message.hops > 0 ? HOPS : 0) |
      (message.sessionId !== undefined ? SESSION : 0) |
      (message.deadLetterSource !== undefined ? SOURCE : 0) |
      (message.changes !== undefined ? CHANGES : 0),
  );
  writer.byte(STATES.indexOf(message.state));
  writer.number(message.sequenceNumber);
  writer.number(message.enqueuedAt);
  writer.number(message.deliveryCount);
  if (expires) writer.number(message.expiresAt);
  if (message.enqueuedSequenceNumber !== undefined) writer.number(message.enqueuedSequenceNumber);
  if (message.scheduledEnqueueAt !== undefined) writer.number(message.scheduledEnqueueAt);
  if (message.hops > 0) writer.number(message.hops);
  if (message.sessionId !== undefined) writer.text(message.sessionId);
  if (message.deadLetterSource !== undefined) writer.text(message.deadLetterSource);
  if (message.changes !== undefined) writeChanges(writer, message.changes);
  writer.block(message.content);
}

function readMessage(reader: ByteReader): MessageImage {
  const flags = reader.byte();
  const state = STATES[reader.byte()];
  if (!state) throw new RangeError('A message is in no known state.');
  const sequenceNumber = reader.number();
  const enqueuedAt = reader.number();
  const deliveryCount = reader.number();
  return {
    state,
    sequenceNumber,
    enqueuedAt,
    deliveryCount,
    expiresAt: flags & EXPIRES ? reader.number() : Number.POSITIVE_INFINITY,
    enqueuedSequenceNumber: flags & ENQUEUED_ELSEWHERE ? reader.number() : undefined,
    scheduledEnqueueAt: flags & SCHEDULED ? reader.number() : undefined,
    hops: flags & HOPS ? reader.number() : 0,
    sessionId: flags & SESSION ? reader.text() : undefined,
    deadLetterSource: flags & SOURCE ? reader.text() : undefined,
    changes: flags & CHANGES ? readChanges(reader) : undefined,
    content: reader.block(),
  };
}

export function writeRecord(writer: ByteWriter, record: StoredRecord): void {
  if (!Object.hasOwn(KINDS, record.type)) {
    writer.byte(JSON_KIND);
    writer.text(record.entity);
    writer.text(toJson(record));
    return;
  }
  writer.byte(KINDS[record.type as keyof typeof KINDS]);
  writer.text(record.entity);
  switch (record.type) {
    case 'message':
      writeMessage(writer, record.message);
      break;
    case 'message-removed':
    case 'last-sequence-number':
      writer.number(record.sequenceNumber);
      break;
    case 'message-locked':
      writer.number(record.sequenceNumber);
      writer.text(record.lockToken);
      writer.number(record.lockedUntil);
      break;
    case 'message-state':
      writer.number(record.sequenceNumber);
      writer.byte(STATES.indexOf(record.state));
      writer.number(record.deliveryCount);
      writeChanges(writer, record.changes);
      break;
    case 'message-id':
      writer.text(record.messageId);
      writer.number(record.until);
      break;
    case 'session-state':
      writer.text(record.sessionId);
      writer.number(record.at);
      writer.byte(record.state === undefined ? 0 : 1);
      if (record.state !== undefined) writer.block(record.state);
      break;
  }
}

/** @throws RangeError or SyntaxError when the bytes are no record; with a good checksum that is a bug, or a newer format */
export function readRecord(reader: ByteReader): StoredRecord {
  const kind = reader.byte();
  const entity = reader.text();
  switch (kind) {
    case KINDS.message:
      return { type: 'message', entity, message: readMessage(reader) };
    case KINDS['message-removed']:
      return { type: 'message-removed', entity, sequenceNumber: reader.number() };
    case KINDS['last-sequence-number']:
      return { type: 'last-sequence-number', entity, sequenceNumber: reader.number() };
    case KINDS['message-locked']: {
      const sequenceNumber = reader.number();
      const lockToken = reader.text();
      return { type: 'message-locked', entity, sequenceNumber, lockToken, lockedUntil: reader.number() };
    }
    case KINDS['message-state']: {
      const sequenceNumber = reader.number();
      const state = reader.byte() === 1 ? 'deferred' : 'active';
      const deliveryCount = reader.number();
      return { type: 'message-state', entity, sequenceNumber, state, deliveryCount, changes: readChanges(reader) };
    }
    case KINDS['message-id']: {
      const messageId = reader.text();
      return { type: 'message-id', entity, messageId, until: reader.number() };
    }
    case KINDS['session-state']: {
      const sessionId = reader.text();
      const at = reader.number();
      const state = reader.byte() === 1 ? new Uint8Array(reader.block()) : undefined;
      return { type: 'session-state', entity, sessionId, at, state };
    }
    case JSON_KIND:
      return fromJson(reader.text()) as StoredRecord;
    default:
      throw new RangeError(`There is no record of kind ${kind}.`);
  }
}
