import type { Delivery, MessageProperties } from '../../../engine/api.ts';

/**
 * The `BrokerProperties` of a message: a JSON object in a header, or in an item of a batch. Times are RFC 1123 dates, a time to live
 * is in seconds. Source: learn.microsoft.com/rest/api/servicebus/message-headers-and-properties.
 */
type Read =
  | { readonly ok: true; readonly properties: MessageProperties }
  | { readonly ok: false; readonly problem: string };

const TEXTS = [
  ['MessageId', 'messageId'],
  ['CorrelationId', 'correlationId'],
  ['SessionId', 'sessionId'],
  ['Label', 'subject'],
  ['To', 'to'],
  ['ReplyTo', 'replyTo'],
  ['ReplyToSessionId', 'replyToSessionId'],
  ['PartitionKey', 'partitionKey'],
  ['ViaPartitionKey', 'viaPartitionKey'],
  ['ContentType', 'contentType'],
] as const;

export function readBrokerProperties(value: unknown): Read {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, problem: 'BrokerProperties is not a JSON object.' };
  const given = value as Record<string, unknown>;
  const properties: { -readonly [K in keyof MessageProperties]: MessageProperties[K] } = {};
  for (const [name, property] of TEXTS) {
    const text = given[name];
    if (text === undefined || text === null) continue;
    if (typeof text === 'object') return { ok: false, problem: `${name} is not a string.` };
    properties[property] = String(text);
  }
  const timeToLive = given.TimeToLive ?? given.TimeToLiveTimeSpan;
  if (timeToLive !== undefined && timeToLive !== null) {
    const timeToLiveMs = typeof timeToLive === 'number' ? timeToLive * 1000 : parseTimeSpan(String(timeToLive));
    if (timeToLiveMs === undefined || !(timeToLiveMs > 0))
      return { ok: false, problem: 'TimeToLive is not a number of seconds.' };
    properties.timeToLiveMs = timeToLiveMs;
  }
  const scheduled = given.ScheduledEnqueueTimeUtc;
  if (scheduled !== undefined && scheduled !== null) {
    const at = Date.parse(String(scheduled));
    if (Number.isNaN(at)) return { ok: false, problem: 'ScheduledEnqueueTimeUtc is not a date.' };
    properties.scheduledEnqueueAt = at;
  }
  return { ok: true, properties };
}

/** .NET's `[d.]hh:mm:ss[.fff]`, or a number of seconds as text. */
function parseTimeSpan(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const parts = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(text);
  if (!parts) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return (((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000;
}

/** .NET's longest TimeSpan in seconds, which stands for a message without a time to live. */
const LONGEST_SECONDS = 922337203685.4775;

export function writeBrokerProperties(delivery: Delivery): string {
  const { message } = delivery;
  const { properties } = message;
  const scheduledAt = message.scheduledEnqueueAt ?? properties.scheduledEnqueueAt;
  const texts = TEXTS.filter(([name]) => name !== 'ContentType').map(([name, property]) => [
    name,
    properties[property],
  ]);
  return asciiJson({
    ...Object.fromEntries(texts),
    // The first delivery is number 1 here, while AMQP's header counts the failed ones.
    DeliveryCount: message.deliveryCount + 1,
    EnqueuedSequenceNumber: message.enqueuedSequenceNumber ?? 0,
    EnqueuedTimeUtc: new Date(message.enqueuedAt).toUTCString(),
    LockToken: delivery.lockToken,
    LockedUntilUtc: delivery.lockedUntil === undefined ? undefined : new Date(delivery.lockedUntil).toUTCString(),
    SequenceNumber: message.sequenceNumber,
    State: message.state === 'active' ? 'Active' : message.state === 'deferred' ? 'Deferred' : 'Scheduled',
    TimeToLive: Number.isFinite(message.expiresAt) ? (message.expiresAt - message.enqueuedAt) / 1000 : LONGEST_SECONDS,
    ScheduledEnqueueTimeUtc: scheduledAt === undefined ? undefined : new Date(scheduledAt).toUTCString(),
    DeadLetterSource: message.deadLetterSource,
  });
}

/** JSON that a header can carry: everything beyond ASCII is escaped. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
