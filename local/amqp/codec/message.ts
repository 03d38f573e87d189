import { Reader } from './reader.ts';
import { type MessageSections, readSections, Section, type SectionRange } from './sections.ts';
import { type Encoded, symbol, timestamp, type Uuid, ubyte, uint, ulong } from './values.ts';
import { Writer } from './writer.ts';

/** The header section; absent fields are `undefined`. `ttlMs` is in milliseconds. */
export interface Header {
  readonly durable?: boolean;
  readonly priority?: number;
  readonly ttlMs?: number;
  readonly firstAcquirer?: boolean;
  readonly deliveryCount?: number;
}

/** A message id or correlation id: string, ulong, binary or UUID. */
export type MessageIdValue = string | number | bigint | Buffer | Uuid;

/** The properties section (part 3, section 3.2.4); absent fields are `undefined`. Times are milliseconds since the epoch. */
export interface MessageProperties {
  readonly messageId?: MessageIdValue;
  readonly userId?: Buffer;
  readonly to?: string;
  readonly subject?: string;
  readonly replyTo?: string;
  readonly correlationId?: MessageIdValue;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly absoluteExpiryTime?: number;
  readonly creationTime?: number;
  readonly groupId?: string;
  readonly groupSequence?: number;
  readonly replyToGroupId?: string;
}

export function decodeHeader(payload: Buffer, range: SectionRange | undefined): Header {
  if (!range) return {};
  const [durable, priority, ttlMs, firstAcquirer, deliveryCount] = listAt(payload, range);
  return {
    durable: orAbsent<boolean>(durable),
    priority: orAbsent<number>(priority),
    ttlMs: orAbsent<number>(ttlMs),
    firstAcquirer: orAbsent<boolean>(firstAcquirer),
    deliveryCount: orAbsent<number>(deliveryCount),
  };
}

export function decodeProperties(payload: Buffer, range: SectionRange | undefined): MessageProperties {
  if (!range) return {};
  const fields = listAt(payload, range);
  return {
    messageId: orAbsent<MessageIdValue>(fields[0]),
    userId: orAbsent<Buffer>(fields[1]),
    to: orAbsent<string>(fields[2]),
    subject: orAbsent<string>(fields[3]),
    replyTo: orAbsent<string>(fields[4]),
    correlationId: orAbsent<MessageIdValue>(fields[5]),
    contentType: orAbsent<string>(fields[6]),
    contentEncoding: orAbsent<string>(fields[7]),
    absoluteExpiryTime: orAbsent<Date>(fields[8])?.getTime(),
    creationTime: orAbsent<Date>(fields[9])?.getTime(),
    groupId: orAbsent<string>(fields[10]),
    groupSequence: orAbsent<number>(fields[11]),
    replyToGroupId: orAbsent<string>(fields[12]),
  };
}

/** The entries of a map section (annotations, application properties, footer). */
export function decodeMap(payload: Buffer, range: SectionRange | undefined): Map<string, unknown> {
  if (!range) return new Map();
  const value = new Reader(payload, range.valueAt, range.end).value();
  return value instanceof Map ? (value as Map<string, unknown>) : new Map();
}

/** The entries of a map section with their values still encoded: what is not looked at keeps its type. */
export function readMapEntries(payload: Buffer, range: SectionRange | undefined): [string, Encoded][] {
  if (!range) return [];
  const reader = new Reader(payload, range.valueAt, range.end);
  const entries: [string, Encoded][] = [];
  for (let left = reader.mapHeader(); left > 1; left -= 2)
    entries.push([String(reader.value()), reader.encodedValue()]);
  return entries;
}

/** The value of an amqp-value body; for a data body the bytes of its first section; `undefined` without a body. */
export function decodeBody(payload: Buffer, sections: MessageSections = readSections(payload)): unknown {
  const first = sections.body[0];
  return first ? new Reader(payload, first.valueAt, first.end).value() : undefined;
}

/** The map under the keys of `path` in an amqp-value body, one inside the other; its values keep their AMQP types. */
export function decodeTypedMap(
  payload: Buffer,
  sections: MessageSections,
  path: readonly string[],
): ReadonlyMap<string, unknown> | undefined {
  const body = sections.body[0];
  if (!body) return undefined;
  const reader = new Reader(payload, body.valueAt, body.end);
  return path.every((key) => reader.enterMap(key)) && reader.isMap ? reader.typedMap() : undefined;
}

export function encodeHeader(header: Header): Buffer {
  const writer = new Writer(32);
  writeHeader(writer, header);
  return writer.finish();
}

export function writeHeader(writer: Writer, header: Header): void {
  writer.composite(Section.header, [
    header.durable,
    header.priority === undefined ? undefined : ubyte(header.priority),
    header.ttlMs === undefined ? undefined : uint(header.ttlMs),
    header.firstAcquirer,
    header.deliveryCount === undefined ? undefined : uint(header.deliveryCount),
  ]);
}

export function encodeProperties(properties: MessageProperties): Buffer {
  const writer = new Writer(128);
  writer.composite(Section.properties, [
    toMessageId(properties.messageId),
    properties.userId,
    properties.to,
    properties.subject,
    properties.replyTo,
    toMessageId(properties.correlationId),
    properties.contentType === undefined ? undefined : symbol(properties.contentType),
    properties.contentEncoding === undefined ? undefined : symbol(properties.contentEncoding),
    properties.absoluteExpiryTime === undefined ? undefined : timestamp(properties.absoluteExpiryTime),
    properties.creationTime === undefined ? undefined : timestamp(properties.creationTime),
    properties.groupId,
    properties.groupSequence === undefined ? undefined : uint(properties.groupSequence),
    properties.replyToGroupId,
  ]);
  return writer.finish();
}

/** An annotation section: the keys become symbols. */
export function encodeAnnotations(
  section: typeof Section.deliveryAnnotations | typeof Section.messageAnnotations | typeof Section.footer,
  entries: Iterable<readonly [string, unknown]>,
): Buffer {
  const writer = new Writer(192);
  writer.descriptor(section);
  writer.map(Array.from(entries, ([key, value]) => [symbol(key), value] as const));
  return writer.finish();
}

export function encodeApplicationProperties(entries: Iterable<readonly [string, unknown]>): Buffer {
  const writer = new Writer(192);
  writer.descriptor(Section.applicationProperties);
  writer.map([...entries]);
  return writer.finish();
}

export function encodeValueBody(value: unknown): Buffer {
  const writer = new Writer();
  writer.descriptor(Section.value);
  writer.value(value);
  return writer.finish();
}

export function encodeDataBody(bytes: Uint8Array): Buffer {
  const writer = new Writer(bytes.length + 16);
  writer.descriptor(Section.data);
  writer.value(bytes);
  return writer.finish();
}

export function encodeValue(value: unknown): Buffer {
  const writer = new Writer();
  writer.value(value);
  return writer.finish();
}

export function decodeValue(bytes: Buffer): unknown {
  return new Reader(bytes).value();
}

function listAt(payload: Buffer, range: SectionRange): unknown[] {
  const value = new Reader(payload, range.valueAt, range.end).value();
  return Array.isArray(value) ? value : [];
}

function orAbsent<T>(value: unknown): T | undefined {
  return value === null || value === undefined ? undefined : (value as T);
}

function toMessageId(id: MessageIdValue | undefined): unknown {
  return typeof id === 'number' || typeof id === 'bigint' ? ulong(id) : id;
}
