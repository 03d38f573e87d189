import type { SendCloudEventInput } from '@azure/eventgrid';
import { z } from 'zod';
import type { MessageDefinition } from '../../topology/message.ts';
import { type Envelope, type EnvelopeOf, type Parsed, parseEnvelope } from '../envelope.ts';

/** The source of every event that this app publishes (CloudEvents 1.0, `source`: a URI reference). */
export const eventSource = '/crossover/print-shop';

/** CloudEvents extension names are lower-case letters and digits (CloudEvents 1.0, §3.1); traceparent is a documented one. */
export function toCloudEvent(message: Envelope, subject: string): SendCloudEventInput<unknown> {
  return {
    id: message.id,
    type: message.type,
    source: eventSource,
    subject,
    datacontenttype: 'application/json',
    data: message.data,
    extensionAttributes: {
      correlationid: message.correlationId,
      ...(message.causationId !== undefined && { causationid: message.causationId }),
      ...(message.traceparent !== undefined && { traceparent: message.traceparent }),
    },
  };
}

const cloudEvent = z.looseObject({
  id: z.string().min(1),
  type: z.string().min(1),
  correlationid: z.string().optional(),
  causationid: z.string().optional(),
  traceparent: z.string().optional(),
  data: z.unknown(),
});

/** Reads a CloudEvent in structured mode. */
export function fromCloudEvent<Definition extends MessageDefinition>(
  definitions: Definition | readonly Definition[],
  event: unknown,
): Parsed<EnvelopeOf<Definition>> {
  const parsed = cloudEvent.safeParse(event);
  if (!parsed.success) return { ok: false, problem: `This is no CloudEvent: ${z.prettifyError(parsed.error)}` };
  const { id, type, correlationid: correlationId, causationid: causationId, traceparent, data } = parsed.data;
  return parseEnvelope(definitions, { id, type, correlationId, causationId, traceparent, data });
}

const eventGridEvent = z.looseObject({
  id: z.string().min(1),
  eventType: z.string().min(1),
  subject: z.string(),
  data: z.unknown(),
});

/** An envelope of a system event, with the subject, which says what it is about. */
export type SystemEvent<Definition> = EnvelopeOf<Definition> & { readonly subject: string };

/** Reads an event in the Event Grid schema: what Azure's own services raise. It starts a transaction of its own. */
export function fromEventGridEvent<Definition extends MessageDefinition>(
  definitions: Definition | readonly Definition[],
  event: unknown,
  traceparent: string | undefined,
): Parsed<SystemEvent<Definition>> {
  const parsed = eventGridEvent.safeParse(event);
  if (!parsed.success) return { ok: false, problem: `This is no Event Grid event: ${z.prettifyError(parsed.error)}` };
  const { id, eventType: type, subject, data } = parsed.data;
  const received = { id, type, correlationId: id, causationId: undefined, traceparent, data };
  const result = parseEnvelope(definitions, received);
  return result.ok ? { ok: true, message: { ...result.message, subject } as SystemEvent<Definition> } : result;
}
