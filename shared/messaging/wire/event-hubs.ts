import type { EventData } from '@azure/event-hubs';
import type { MessageDefinition } from '../../topology/message.ts';
import { type Envelope, type EnvelopeOf, type Parsed, parseEnvelope } from '../envelope.ts';

export function toEventData(message: Envelope): EventData {
  return {
    body: message.data,
    messageId: message.id,
    correlationId: message.correlationId,
    contentType: 'application/json',
    properties: {
      type: message.type,
      ...(message.causationId !== undefined && { causationId: message.causationId }),
      ...(message.traceparent !== undefined && { traceparent: message.traceparent }),
    },
  };
}

/** An event and its place in the stream. */
export interface StreamPosition {
  readonly partitionId: string;
  readonly sequenceNumber: number;
}

/**
 * Reads one event of a batch. An event without an id of its own gets one from its place in the stream, which is the same
 * however often it is read.
 */
export function fromEventHub<Definition extends MessageDefinition>(
  definition: Definition,
  hubName: string,
  body: unknown,
  properties: Readonly<Record<string, unknown>>,
  { partitionId, sequenceNumber }: StreamPosition,
): Parsed<EnvelopeOf<Definition>> {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return parseEnvelope(definition, {
    type: text(properties.type),
    id: `${hubName}/${partitionId}/${sequenceNumber}`,
    correlationId: undefined,
    causationId: text(properties.causationId),
    traceparent: text(properties.traceparent),
    data: body,
  });
}
