import * as amqp from '../../../amqp/codec/index.ts';
import type { MessageState, StoredMessage } from '../../engine/api.ts';
import type { MessageChanges, MessageProperties, SettableSystemProperty } from '../../engine/values.ts';
import { asBuffer, PARTITION_KEY, SCHEDULED_ENQUEUE_TIME, VIA_PARTITION_KEY } from './message-reading.ts';
import { fromPropertyValue, propertyText } from './property-values.ts';

const STATES: Readonly<Record<MessageState, number>> = { active: 0, deferred: 1, scheduled: 2 };

/** The annotations that are the broker's to write, whatever the sender put there; each name with its encoded symbol. */
const OURS: ReadonlyMap<string, Buffer> = new Map(
  [
    'x-opt-sequence-number',
    'x-opt-enqueued-time',
    'x-opt-enqueue-sequence-number',
    'x-opt-locked-until',
    'x-opt-message-state',
    'x-opt-deadletter-source',
    PARTITION_KEY,
    VIA_PARTITION_KEY,
    SCHEDULED_ENQUEUE_TIME,
  ].map((name) => [name, amqp.encodeValue(amqp.symbol(name))]),
);

const LOCK_TOKEN = 'x-opt-lock-token';
const OMITTED_BODY_SIZE = 'omitted-message-body-size';
const LOCK_TOKEN_SYMBOL = amqp.encodeValue(amqp.symbol(LOCK_TOKEN));

const NO_PROPERTIES: MessageProperties = {};

export interface WriteOptions {
  /** Of this delivery; absent when the message is not locked. */
  readonly lockedUntil?: number;
  /** Absent when the message is not locked. Inside a `$management` answer the Go client has it from here alone (azservicebus, message.go). */
  readonly lockToken?: string;
  /** Of a peeked message. */
  readonly omitBody?: boolean;
}

/**
 * A stored message as it goes out: header and annotations written anew, the rest as it came. Properties and application
 * properties are written anew only where the broker has changed them, and then value by value, so that types stay.
 */
export function writeMessage(message: StoredMessage, options: WriteOptions = {}): Buffer {
  const content = asBuffer(message.content);
  const sections = amqp.readSections(content);
  const { changes } = message;
  const writer = new amqp.Writer(content.length + 320);
  const bodyStart = amqp.bodyStart(content, sections);
  const body = content.subarray(options.omitBody ? content.length : bodyStart);
  const timeToLiveMs = writeHeader(writer, message, amqp.decodeHeader(content, sections.header));
  writeDeliveryAnnotations(writer, content, sections, options);
  writeAnnotations(writer, message, amqp.readMapEntries(content, sections.messageAnnotations), options);

  const isTtlCut =
    timeToLiveMs !== undefined && isLonger(amqp.decodeProperties(content, sections.properties), timeToLiveMs);
  if (!isTtlCut && (!changes || (changes.system.size === 0 && changes.application.size === 0))) {
    const restStart = sections.properties?.start ?? sections.applicationProperties?.start ?? bodyStart;
    writer.bytes(content.subarray(restStart, bodyStart));
    writer.bytes(body);
    return writer.finish();
  }
  const changed = changeProperties(amqp.decodeProperties(content, sections.properties), changes);
  writer.bytes(
    amqp.encodeProperties(
      isTtlCut
        ? { ...changed, absoluteExpiryTime: (changed.creationTime ?? message.enqueuedAt) + timeToLiveMs }
        : changed,
    ),
  );
  writeApplicationProperties(writer, content, sections.applicationProperties, changes);
  writer.bytes(body);
  return writer.finish();
}

/** Returns the time to live that the message has left when it arrived, if it has one. */
function writeHeader(writer: amqp.Writer, message: StoredMessage, header: amqp.Header): number | undefined {
  const limited = Number.isFinite(message.expiresAt) ? message.expiresAt - message.enqueuedAt : undefined;
  const ttlMs = limited ?? header.ttlMs;
  amqp.writeHeader(writer, {
    durable: header.durable,
    priority: header.priority,
    firstAcquirer: header.firstAcquirer,
    ttlMs: ttlMs === undefined ? undefined : Math.min(ttlMs, 0xffff_ffff),
    deliveryCount: message.deliveryCount,
  });
  return limited;
}

/** True when the times that the sender wrote promise more than the entity allows. */
function isLonger({ absoluteExpiryTime, creationTime }: amqp.MessageProperties, timeToLiveMs: number): boolean {
  return absoluteExpiryTime !== undefined && absoluteExpiryTime - (creationTime ?? 0) > timeToLiveMs;
}

/**
 * Every message has the section, empty if need be (live tests azure-servicebus test_message; serviceBusClient "can omit message body
 * when peeking"): what the sender wrote there (azservicebus, the test named below), the token of the lock (azure-servicebus
 * test_queues), and the size of a body that was left out.
 */
function writeDeliveryAnnotations(
  writer: amqp.Writer,
  content: Buffer,
  sections: amqp.MessageSections,
  { lockToken, omitBody }: WriteOptions,
): void {
  writer.descriptor(amqp.Section.deliveryAnnotations);
  const map = writer.openMap();
  let count = 0;
  for (const [name, value] of amqp.readMapEntries(content, sections.deliveryAnnotations)) {
    if (name === LOCK_TOKEN || name === OMITTED_BODY_SIZE) continue;
    writer.primitive('symbol', name);
    writer.value(value);
    count += 2;
  }
  if (lockToken !== undefined) {
    writer.bytes(LOCK_TOKEN_SYMBOL);
    writer.value(amqp.uuid(lockToken));
    count += 2;
  }
  if (omitBody) {
    writer.primitive('symbol', OMITTED_BODY_SIZE);
    writer.primitive('long', content.length - amqp.bodyStart(content, sections));
    count += 2;
  }
  writer.closeCompound(map, count);
}

/**
 * An active message has no state, and one that was sent to this very entity no number of a first one: azservicebus,
 * TestSender_SendAMQPMessageWithMultipleByteSlicesInData, lists the annotations of a message.
 */
function writeAnnotations(
  writer: amqp.Writer,
  message: StoredMessage,
  sent: readonly [string, amqp.Encoded][],
  options: WriteOptions,
): void {
  writer.descriptor(amqp.Section.messageAnnotations);
  const map = writer.openMap();
  let count = 0;
  for (const [name, value] of sent) {
    if (OURS.has(name)) continue;
    writer.primitive('symbol', name);
    writer.value(value);
    count += 2;
  }
  const add = (name: string, type: amqp.AmqpTypeName, value: number | string | undefined) => {
    if (value === undefined) return;
    writer.bytes(OURS.get(name)!);
    writer.primitive(type, value);
    count += 2;
  };
  // What the engine knows of a partition key or a schedule, the sender wrote as an annotation or a rule has set.
  const properties = sent.length > 0 || message.changes ? message.properties : NO_PROPERTIES;
  add('x-opt-enqueued-time', 'timestamp', message.enqueuedAt);
  add('x-opt-sequence-number', 'long', message.sequenceNumber);
  add('x-opt-enqueue-sequence-number', 'long', message.enqueuedSequenceNumber);
  add('x-opt-locked-until', 'timestamp', options.lockedUntil);
  const scheduledAt = message.scheduledEnqueueAt ?? properties.scheduledEnqueueAt;
  // A message that had been scheduled still says so once it is active: the SDK's live test sendAndSchedule expects it.
  // One that was sent with a time that had come is active (live test serviceBusClient).
  const wasScheduled = message.state === 'active' && message.scheduledEnqueueAt !== undefined;
  if (wasScheduled || message.state !== 'active')
    add('x-opt-message-state', 'int', wasScheduled ? STATES.scheduled : STATES[message.state]);
  add('x-opt-deadletter-source', 'string', message.deadLetterSource);
  add(PARTITION_KEY, 'string', properties.partitionKey);
  add(VIA_PARTITION_KEY, 'string', properties.viaPartitionKey);
  add(SCHEDULED_ENQUEUE_TIME, 'timestamp', scheduledAt);
  writer.closeCompound(map, count);
}

/** The system properties that stand in the properties section; the others are header and annotations. */
const FIELDS: Readonly<Partial<Record<SettableSystemProperty, keyof amqp.MessageProperties>>> = {
  ContentType: 'contentType',
  CorrelationId: 'correlationId',
  Label: 'subject',
  MessageId: 'messageId',
  ReplyTo: 'replyTo',
  ReplyToSessionId: 'replyToGroupId',
  SessionId: 'groupId',
  To: 'to',
};

function changeProperties(properties: amqp.MessageProperties, changes: MessageChanges | undefined) {
  const changed: Record<string, unknown> = { ...properties };
  for (const [name, value] of changes?.system ?? []) {
    const field = FIELDS[name];
    if (field) changed[field] = propertyText(value);
  }
  return changed as amqp.MessageProperties;
}

function writeApplicationProperties(
  writer: amqp.Writer,
  content: Buffer,
  range: amqp.SectionRange | undefined,
  changes: MessageChanges | undefined,
): void {
  if (!changes || changes.application.size === 0) {
    if (range) writer.bytes(content.subarray(range.start, range.end));
    return;
  }
  const entries = new Map<string, unknown>(amqp.readMapEntries(content, range));
  for (const [name, value] of changes.application) {
    if (value === undefined) entries.delete(name);
    else entries.set(name, fromPropertyValue(value));
  }
  writer.bytes(amqp.encodeApplicationProperties(entries));
}
