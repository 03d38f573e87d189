import {
  type BodyKind,
  decodeMap,
  decodeValue,
  encodeAnnotations,
  encodeApplicationProperties,
  encodeDataBody,
  encodeHeader,
  encodeProperties,
  Reader,
  readSections,
  Section,
  timestamp,
  Uuid,
} from '../../../amqp/codec/index.ts';
import type { MessageChanges, MessageProperties, NewMessage, PropertyValue, StoredMessage } from '../../engine/api.ts';

/** A message that came over HTTP, encoded as AMQP: that is how the broker keeps every message. */
export function encodeMessage(
  body: Uint8Array,
  properties: MessageProperties,
  applicationProperties: ReadonlyMap<string, unknown>,
): NewMessage {
  const { timeToLiveMs } = properties;
  const annotations: [string, unknown][] = [];
  if (properties.partitionKey !== undefined) annotations.push(['x-opt-partition-key', properties.partitionKey]);
  if (properties.viaPartitionKey !== undefined)
    annotations.push(['x-opt-via-partition-key', properties.viaPartitionKey]);
  if (properties.scheduledEnqueueAt !== undefined)
    annotations.push(['x-opt-scheduled-enqueue-time', timestamp(properties.scheduledEnqueueAt)]);
  const sections = [
    ...(timeToLiveMs === undefined ? [] : [encodeHeader({ ttlMs: Math.min(timeToLiveMs, LARGEST_UINT) })]),
    ...(annotations.length === 0 ? [] : [encodeAnnotations(Section.messageAnnotations, annotations)]),
    encodeProperties({
      messageId: properties.messageId,
      to: properties.to,
      subject: properties.subject,
      replyTo: properties.replyTo,
      correlationId: properties.correlationId,
      contentType: properties.contentType,
      groupId: properties.sessionId,
      replyToGroupId: properties.replyToSessionId,
    }),
    ...(applicationProperties.size === 0 ? [] : [encodeApplicationProperties(applicationProperties)]),
    encodeDataBody(body),
  ];
  return { content: Buffer.concat(sections), properties };
}

const LARGEST_UINT = 2 ** 32 - 1;

/** What a message holds, decoded for people and for HTTP; the broker's changes (a dead-letter reason, rule actions) applied. */
export interface DecodedMessage {
  readonly applicationProperties: ReadonlyMap<string, unknown>;
  readonly bodyKind: BodyKind;
  /** The bytes of a data body; `undefined` for the other kinds. */
  readonly data: Buffer | undefined;
  /** The value of a value body, or the items of a sequence body. */
  readonly value: unknown;
}

export function decodeMessage(message: StoredMessage): DecodedMessage {
  const { content } = message;
  const payload = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const sections = readSections(payload);
  const values = sections.body.map((range) => new Reader(payload, range.valueAt, range.end).value());
  return {
    applicationProperties: withChanges(decodeMap(payload, sections.applicationProperties), message.changes),
    bodyKind: sections.bodyKind,
    data: sections.bodyKind === 'data' ? Buffer.concat(values.filter((value) => Buffer.isBuffer(value))) : undefined,
    value: sections.bodyKind === 'value' ? values[0] : sections.bodyKind === 'sequence' ? values.flat() : undefined,
  };
}

function withChanges(properties: Map<string, unknown>, changes: MessageChanges | undefined): Map<string, unknown> {
  for (const [name, value] of changes?.application ?? []) {
    if (value === undefined) properties.delete(name);
    else properties.set(name, plain(value));
  }
  return properties;
}

function plain(value: PropertyValue): unknown {
  switch (value.type) {
    case 'null':
      return null;
    case 'timestamp':
      return new Date(value.value);
    case 'timespan':
      return value.ticks;
    case 'other':
      return decodeValue(Buffer.from(value.encoded));
    default:
      return value.value;
  }
}

/** A decoded AMQP value as JSON can say it: big integers and UUIDs as text, bytes in base64, maps as objects. */
export function toJsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uuid) return value.toString();
  if (value instanceof Date || value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [String(key), toJsonValue(item)]));
  return 'value' in value ? toJsonValue(value.value) : String(value);
}
