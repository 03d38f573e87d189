import * as amqp from '../../../amqp/codec/index.ts';
import type { HeaderSize, MessageProperties, MessageReader, NewMessage, PropertyValue } from '../../engine/values.ts';
import { readPropertyValue } from './property-values.ts';

export const PARTITION_KEY = 'x-opt-partition-key';
export const VIA_PARTITION_KEY = 'x-opt-via-partition-key';
export const SCHEDULED_ENQUEUE_TIME = 'x-opt-scheduled-enqueue-time';

/** The largest value of the header's `ttl`; .NET writes it for longer ones and gives the times in the properties. */
const LONGEST_HEADER_TTL_MS = 0xffff_ffff;

/** @throws DecodeError when the bytes are not a message */
export function toNewMessage(sent: Buffer): NewMessage {
  const sections = amqp.readSections(sent);
  const ordered = amqp.inOrder(sent, sections);
  const content = withSymbolsInFooter(ordered, ordered === sent ? sections : amqp.readSections(ordered));
  return { content, properties: content === sent ? readProperties(content, sections) : readProperties(content) };
}

/**
 * The keys of a footer are symbols, as those of all annotations. The Java client writes strings and cannot read them back (live test
 * ServiceBusReceiverAsyncClient, receiveAndValidateProperties): so the service does not give them out as they came.
 */
function withSymbolsInFooter(content: Buffer, { footer }: amqp.MessageSections): Buffer {
  const entries = amqp.readMapEntries(content, footer);
  if (!footer || entries.length === 0) return content;
  return Buffer.concat([
    content.subarray(0, footer.start),
    amqp.encodeAnnotations(amqp.Section.footer, entries),
    content.subarray(footer.end),
  ]);
}

/** What the engine has read again when it needs it: the message itself stays encoded. */
export const messageReader: MessageReader = {
  readProperties: (content) => readProperties(asBuffer(content)),
  readApplicationProperties: (content) => readApplicationProperties(asBuffer(content)),
  measureHeader: (content) => measureHeader(asBuffer(content)),
};

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readProperties(content: Buffer, sections = amqp.readSections(content)): MessageProperties {
  const properties = amqp.decodeProperties(content, sections.properties);
  const result: { -readonly [Key in keyof MessageProperties]: MessageProperties[Key] } = {
    messageId: idText(properties.messageId),
    sessionId: properties.groupId,
    correlationId: idText(properties.correlationId),
    subject: properties.subject,
    to: properties.to,
    replyTo: properties.replyTo,
    replyToSessionId: properties.replyToGroupId,
    contentType: properties.contentType,
    timeToLiveMs: timeToLive(amqp.decodeHeader(content, sections.header), properties),
  };
  if (sections.messageAnnotations) {
    const annotations = amqp.decodeMap(content, sections.messageAnnotations);
    result.partitionKey = keyText(annotations.get(PARTITION_KEY));
    result.viaPartitionKey = keyText(annotations.get(VIA_PARTITION_KEY));
    const scheduled = annotations.get(SCHEDULED_ENQUEUE_TIME);
    if (scheduled instanceof Date) result.scheduledEnqueueAt = scheduled.getTime();
  }
  return result;
}

function timeToLive(header: amqp.Header, properties: amqp.MessageProperties): number | undefined {
  const { absoluteExpiryTime, creationTime } = properties;
  if (header.ttlMs === LONGEST_HEADER_TTL_MS && absoluteExpiryTime !== undefined && creationTime !== undefined) {
    return Math.max(absoluteExpiryTime - creationTime, header.ttlMs);
  }
  return header.ttlMs;
}

function readApplicationProperties(content: Buffer): ReadonlyMap<string, PropertyValue> {
  const { applicationProperties: range } = amqp.readSections(content);
  const values = new Map<string, PropertyValue>();
  if (!range) return values;
  const reader = new amqp.Reader(content, range.valueAt, range.end);
  for (let left = reader.mapHeader(); left > 1; left -= 2) {
    const key = String(reader.value());
    values.set(key, readPropertyValue(reader));
  }
  return values;
}

/** What stands before a long value: its constructor and four bytes of length. */
const VALUE_PREFIX_BYTES = 5;

function measureHeader(content: Buffer): HeaderSize {
  const sections = amqp.readSections(content);
  let largest: { name: string; bytes: number } | undefined;
  for (const [name, value] of amqp.readMapEntries(content, sections.applicationProperties)) {
    const bytes = value.bytes.length - VALUE_PREFIX_BYTES;
    if (bytes > (largest?.bytes ?? 0)) largest = { name, bytes };
  }
  return { headerBytes: amqp.bodyStart(content, sections), largestProperty: largest };
}

/** Ids may be numbers, UUIDs or bytes; rules and duplicate detection see their text. */
function idText(id: amqp.MessageIdValue | undefined): string | undefined {
  if (id === undefined) return undefined;
  return Buffer.isBuffer(id) ? id.toString('hex') : String(id);
}

/** A message that the Python client sends on has its key as bytes (live test of azure-servicebus, test_sessions). */
function keyText(value: unknown): string | undefined {
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return typeof value === 'string' ? value : undefined;
}
