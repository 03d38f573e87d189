import type { Instant } from '../../clock/clock.ts';
import type { EventSchema } from './definitions.ts';
import type { CloudEvent, EventGridEvent } from './events.ts';

/** `MaxDeliveryAttemptsExceeded` and `TimeToLiveExceeded` are documented; the third stands for what is never tried again. */
export type DeadLetterReason = 'MaxDeliveryAttemptsExceeded' | 'TimeToLiveExceeded' | 'UndeliverableDueToClientError';

export interface DeadLetteredEvent {
  readonly body: EventGridEvent | CloudEvent;
  readonly reason: DeadLetterReason;
  readonly attempts: number;
  readonly lastOutcome: string;
  readonly publishedAt: Instant;
  readonly lastAttemptAt: Instant | undefined;
}

/** `<SUBSCRIPTION-NAME-UPPER>/YYYY/M/D/H/<guid>.json`, in UTC, without leading zeros (manage-event-delivery). */
export function deadLetterBlobName(subscriptionName: string, at: Instant, id: string): string {
  const date = new Date(at);
  const hour = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours()].join('/');
  return `${subscriptionName.toUpperCase()}/${hour}/${id}.json`;
}

/** An array of the events, each with why it is here; CloudEvents take attribute names in lower case only. */
export function deadLetterJson(events: readonly DeadLetteredEvent[], schema: EventSchema): string {
  return JSON.stringify(
    events.map((event) => {
      const facts = {
        deadLetterReason: event.reason,
        deliveryAttempts: event.attempts,
        lastDeliveryOutcome: event.lastOutcome,
        publishTime: new Date(event.publishedAt).toISOString(),
        lastDeliveryAttemptTime:
          event.lastAttemptAt === undefined ? undefined : new Date(event.lastAttemptAt).toISOString(),
      };
      const named =
        schema === 'EventGridSchema'
          ? facts
          : Object.fromEntries(Object.entries(facts).map(([name, value]) => [name.toLowerCase(), value]));
      return { ...event.body, ...named };
    }),
  );
}
