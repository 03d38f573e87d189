import type { ServiceBusMessage } from '@azure/service-bus';
import type { MessageDefinition } from '../../topology/message.ts';
import { type Envelope, type EnvelopeOf, type Parsed, parseEnvelope } from '../envelope.ts';
import { fromCloudEvent } from './event-grid.ts';

/** What a message that was sent back is known by; its own message id had to be a new one (dead-letters.ts). */
export const originalIdProperty = 'originalMessageId';

/** Our senders' form: the data is the body, the ids are Service Bus's own properties and application properties. */
export function toServiceBusMessage(message: Envelope, sessionId?: string): ServiceBusMessage {
  return {
    messageId: message.id,
    correlationId: message.correlationId,
    subject: message.type,
    contentType: 'application/json',
    body: message.data,
    applicationProperties: {
      type: message.type,
      ...(message.causationId !== undefined && { causationId: message.causationId }),
      ...(message.traceparent !== undefined && { traceparent: message.traceparent }),
    },
    ...(sessionId !== undefined && { sessionId }),
  };
}

/** What both the trigger's metadata and the SDK's received message hold. */
export interface ServiceBusProperties {
  readonly messageId?: unknown;
  readonly correlationId?: unknown;
  readonly applicationProperties?: unknown;
}

/** Reads a message that came in by a trigger (body and metadata) or by a receiver of the SDK (the message is both). */
export function fromServiceBus<Definition extends MessageDefinition>(
  definitions: Definition | readonly Definition[],
  format: 'properties' | 'cloud-event',
  body: unknown,
  properties: ServiceBusProperties,
): Parsed<EnvelopeOf<Definition>> {
  if (format === 'cloud-event') return fromCloudEvent(definitions, body);
  const application = (properties.applicationProperties ?? {}) as Record<string, unknown>;
  return parseEnvelope(definitions, {
    type: text(application.type),
    id: text(application[originalIdProperty]) ?? text(properties.messageId) ?? '',
    correlationId: text(properties.correlationId),
    causationId: text(application.causationId),
    traceparent: text(application.traceparent),
    data: body,
  });
}

/** The host parses every string that is JSON, so a message id `17` comes as a number. */
function text(value: unknown): string | undefined {
  return value === undefined || value === null || value === '' ? undefined : String(value);
}
