import { z } from 'zod';
import type { MessageDefinition } from '../../topology/message.ts';
import { type Envelope, type EnvelopeOf, type Parsed, parseEnvelope } from '../envelope.ts';

/** A Storage queue carries text and no properties, so the envelope is in the text. Base64, as host.json expects by default. */
export function toQueueText(message: Envelope): string {
  return Buffer.from(JSON.stringify(message)).toString('base64');
}

const written = z.looseObject({
  type: z.string(),
  id: z.string().min(1),
  correlationId: z.string().min(1),
  causationId: z.string().optional(),
  traceparent: z.string().optional(),
  data: z.unknown(),
});

/** Reads what the host hands over: the text, already parsed where it was JSON. */
export function fromQueueEntry<Definition extends MessageDefinition>(
  definition: Definition,
  entry: unknown,
): Parsed<EnvelopeOf<Definition>> {
  const parsed = written.safeParse(entry);
  if (!parsed.success) return { ok: false, problem: `This is no envelope: ${z.prettifyError(parsed.error)}` };
  const { type, id, correlationId, causationId, traceparent, data } = parsed.data;
  return parseEnvelope(definition, { type, id, correlationId, causationId, traceparent, data });
}
