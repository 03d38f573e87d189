import { type Cause, type EnvelopeOf, envelope } from '../../../shared/messaging/envelope.ts';
import type { Log } from '../../../shared/messaging/triggers/handling.ts';
import type { DataOf, MessageDefinition } from '../../../shared/topology/message.ts';

export const startedAt = Date.UTC(2026, 7, 1, 9, 30);
export const now = (): number => startedAt;

/** A log that keeps its lines. */
export function keptLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const say =
    (level: string) =>
    (...words: unknown[]) =>
      void lines.push(`${level}: ${words.map(String).join(' ')}`);
  return { lines, info: say('info'), warn: say('warn'), error: say('error') };
}

const origin: Cause = { id: 'the-cause', correlationId: 'the-transaction', traceparent: undefined };

/** The example of a message, with other data where given. */
export function example<Definition extends MessageDefinition>(
  definition: Definition,
  data: Partial<DataOf<Definition>> = {},
  id = 'message-1',
): EnvelopeOf<Definition> {
  const whole = { ...(definition.example as object), ...(data as object) } as DataOf<Definition>;
  return envelope(definition, whole, { id, cause: origin });
}
