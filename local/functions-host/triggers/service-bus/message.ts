import type { ServiceBusReceivedMessage } from '@azure/service-bus';

/** The body as the trigger hands it over: bytes of data sections, text of a value section. */
export function messageBody(message: ServiceBusReceivedMessage): Uint8Array | string {
  const body: unknown = message.body;
  if (body instanceof Uint8Array || typeof body === 'string') return body;
  if (body === undefined || body === null) return '';
  return JSON.stringify(body);
}

/**
 * The trigger's metadata in the extension's (.NET) words; the library lowers the first letter. Both the names of extension
 * 4 (`UserProperties`, `Label`) and of 5 (`ApplicationProperties`, `Subject`) are there, as in Azure.
 */
export function messageMetadata(message: ServiceBusReceivedMessage): Record<string, unknown> {
  const enqueuedAt = message.enqueuedTimeUtc?.toISOString();
  const expiresAt = expiry(message.expiresAtUtc);
  const properties = message.applicationProperties ?? {};
  return {
    MessageId: text(message.messageId),
    // The header counts failed attempts; the extension counts deliveries, this one included.
    DeliveryCount: (message.deliveryCount ?? 0) + 1,
    DeadLetterSource: message.deadLetterSource,
    LockToken: message.lockToken,
    LockedUntil: message.lockedUntilUtc?.toISOString(),
    SequenceNumber: number(message.sequenceNumber),
    // .NET's default: a message that was sent to this very entity brings none.
    EnqueuedSequenceNumber: message.enqueuedSequenceNumber ?? 0,
    EnqueuedTime: enqueuedAt,
    EnqueuedTimeUtc: enqueuedAt,
    ExpiresAt: expiresAt,
    ExpiresAtUtc: expiresAt,
    ContentType: message.contentType,
    CorrelationId: text(message.correlationId),
    Subject: message.subject,
    Label: message.subject,
    To: message.to,
    ReplyTo: message.replyTo,
    ReplyToSessionId: message.replyToSessionId,
    SessionId: message.sessionId,
    PartitionKey: message.partitionKey,
    ApplicationProperties: properties,
    UserProperties: properties,
  };
}

/** A message without end expires at .NET's last moment (ServiceBusReceivedMessage.ExpiresAt). */
function expiry(at: Date | undefined): string | undefined {
  return at && at.getUTCFullYear() > 9999 ? '9999-12-31T23:59:59.9999999Z' : at?.toISOString();
}

/** For a batch: every name with the suffix `Array`, each an array with one entry a message. */
export function batchMetadata(messages: readonly ServiceBusReceivedMessage[]): Record<string, unknown> {
  const each = messages.map(messageMetadata);
  const names = Object.keys(each[0] ?? {});
  return Object.fromEntries(names.map((name) => [`${name}Array`, each.map((values) => values[name] ?? null)]));
}

/** The trace that the sender belonged to: the SDKs write `Diagnostic-Id`, others the W3C name. */
export function traceParentOf({ applicationProperties }: ServiceBusReceivedMessage): string | undefined {
  const found = applicationProperties?.['Diagnostic-Id'] ?? applicationProperties?.traceparent;
  return typeof found === 'string' ? found : undefined;
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

function number(value: { toNumber(): number } | undefined): number | undefined {
  return value?.toNumber();
}
