import type { TimerId } from '../../clock/clock.ts';
import type { RouterOptions } from './api.ts';
import { type DeadLetterReason, deadLetterBlobName, deadLetterJson } from './dead-letter.ts';
import type { EventSubscriptionDefinition } from './definitions.ts';
import type { Pending } from './pending.ts';

/** While the store is away, written again this often; ours to choose. */
const RETRY_MS = 60_000;
/** Then the events are dropped (manage-event-delivery: "unavailable for four hours"). */
const GIVE_UP_AFTER_MS = 4 * 60 * 60_000;

/** Puts a subscription's dead letters into blobs, one blob for the events that were given up together. */
export class DeadLetterWriter {
  private readonly subscription: EventSubscriptionDefinition;
  private readonly container: string;
  private readonly options: RouterOptions;
  private readonly batches = new Set<readonly Pending[]>();
  private readonly timers = new Set<TimerId>();
  private isClosed = false;

  constructor(subscription: EventSubscriptionDefinition, container: string, options: RouterOptions) {
    this.subscription = subscription;
    this.container = container;
    this.options = options;
  }

  /** `done` gets the blob's name, or `undefined` when the events were dropped. */
  write(events: readonly Pending[], reason: DeadLetterReason, done: (blobName: string | undefined) => void): void {
    const { clock, newId } = this.options;
    const startedAt = clock.now();
    const blobName = deadLetterBlobName(this.subscription.name, startedAt, newId());
    const json = deadLetterJson(
      events.map(({ body, attempts, lastOutcome, publishedAt, lastAttemptAt }) => {
        return { body, reason, attempts, lastOutcome, publishedAt, lastAttemptAt };
      }),
      this.subscription.eventDeliverySchema,
    );
    this.batches.add(events);
    const finish = (name: string | undefined): void => {
      if (this.isClosed) return;
      this.batches.delete(events);
      done(name);
    };
    const attempt = (): void => {
      this.options.writeDeadLetter(this.container, blobName, json).then(
        () => finish(blobName),
        () => {
          if (this.isClosed) return;
          if (clock.now() - startedAt >= GIVE_UP_AFTER_MS) return finish(undefined);
          const timer = clock.setTimer(clock.now() + RETRY_MS, () => {
            this.timers.delete(timer);
            attempt();
          });
          this.timers.add(timer);
        },
      );
    };
    attempt();
  }

  *unwritten(): Iterable<Pending> {
    for (const batch of this.batches) yield* batch;
  }

  close(): void {
    this.isClosed = true;
    for (const timer of this.timers) this.options.clock.clearTimer(timer);
  }
}
