import type { DataOf, MessageDefinition } from '../topology/message.ts';

/**
 * A message as a handler sees it, whichever service carried it.
 * `id` is the message's own and stays the same when it is delivered again; `correlationId` is that of the whole business
 * transaction; `causationId` is the id of the message that led to this one; `traceparent` is W3C's.
 */
export interface Envelope<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly id: string;
  readonly correlationId: string;
  readonly causationId: string | undefined;
  readonly traceparent: string | undefined;
  readonly data: Data;
}

/** The envelope of a message, or the union of those of several: `EnvelopeOf<typeof RefundOrder>`. */
export type EnvelopeOf<Definition> =
  Definition extends MessageDefinition<infer Type, infer Data> ? Envelope<Type, Data> : never;

/** The definitions that an entity of the declaration carries, as a union. */
export type MessagesOf<Entity> = Entity extends { readonly message: infer Message }
  ? Message extends readonly (infer One)[]
    ? One
    : Message
  : never;

/** What a new message follows from: the envelope being handled, or whatever came in over HTTP. */
export type Cause = Pick<Envelope, 'id' | 'correlationId' | 'traceparent'>;

/**
 * A new message. Its id is given, not made here: an id that is derived from the cause (`derivedId`) makes a repeated
 * attempt send the same message, which duplicate detection and idempotent consumers then drop.
 */
export function envelope<Definition extends MessageDefinition>(
  definition: Definition,
  data: DataOf<Definition>,
  from: { readonly id: string; readonly cause: Cause },
): EnvelopeOf<Definition> {
  return {
    type: definition.type,
    id: from.id,
    correlationId: from.cause.correlationId,
    causationId: from.cause.id,
    traceparent: from.cause.traceparent,
    data,
  } as EnvelopeOf<Definition>;
}

export type Parsed<Message> =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly problem: string };

/** What an edge found on the wire, before anything is believed. */
export interface Received {
  readonly type: string | undefined;
  readonly id: string;
  readonly correlationId: string | undefined;
  readonly causationId: string | undefined;
  readonly traceparent: string | undefined;
  readonly data: unknown;
}

/**
 * Parses what came in as one of the declared messages. A sender that names no type means the only one declared; one that
 * names another type, or whose data does not fit the schema, is told in words what is wrong.
 */
export function parseEnvelope<Definition extends MessageDefinition>(
  definitions: Definition | readonly Definition[],
  received: Received,
): Parsed<EnvelopeOf<Definition>> {
  const declared: readonly Definition[] = [definitions].flat() as Definition[];
  const definition =
    received.type === undefined && declared.length === 1
      ? declared[0]
      : declared.find(({ type }) => type === received.type);
  if (!definition) {
    const expected = declared.map(({ type }) => type).join(' or ');
    return { ok: false, problem: `The message is of type ${received.type ?? '(none)'}; expected was ${expected}.` };
  }
  const parsed = definition.schema.safeParse(received.data);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'data'}: ${message}`);
    return { ok: false, problem: `${definition.type} does not fit its schema: ${issues.join('; ')}.` };
  }
  const { id, correlationId = id, causationId, traceparent } = received;
  const message = { type: definition.type, id, correlationId, causationId, traceparent, data: parsed.data };
  return { ok: true, message: message as EnvelopeOf<Definition> };
}
