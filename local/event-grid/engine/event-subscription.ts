import type { Instant, TimerId } from '../../clock/clock.ts';
import type { RouterOptions, RouterRecord, SubscriptionState } from './api.ts';
import type { DeadLetterReason } from './dead-letter.ts';
import { DeadLetterWriter } from './dead-letter-writer.ts';
import type { EventSubscriptionDefinition, SystemTopicType } from './definitions.ts';
import type { PublishedEvent } from './events.ts';
import { compileFilter } from './filter.ts';
import { Handshake } from './handshake.ts';
import { type AttemptResult, judge, type Verdict } from './outcomes.ts';
import { makePending, type Pending, type RestoredEvent } from './pending.ts';
import { ReadyQueue } from './ready-queue.ts';
import { retryWaitMs } from './retry.ts';

/** Events that failed together and are due together, so that a batch stays one. */
interface Waiting {
  readonly events: readonly Pending[];
  readonly dueAt: Instant;
  readonly timer: TimerId;
  readonly isUnreachable: boolean;
}

const MINUTE_MS = 60_000;
/** Attempts under way at once; the rest queues, and forms batches where the subscription takes them. Ours to choose. */
const MOST_ATTEMPTS_AT_ONCE = 32;

/** One event subscription: what it wants, what waits, what is under way. Every pending event is in exactly one of them. */
export class EventSubscription {
  readonly definition: EventSubscriptionDefinition;
  readonly wants: (event: PublishedEvent) => boolean;
  private readonly topicName: string;
  private readonly topicType: SubscriptionState['topicType'];
  private readonly options: RouterOptions;
  private readonly emit: (record: RouterRecord) => void;
  private readonly deadLetters: DeadLetterWriter | undefined;
  private readonly handshake: Handshake | undefined;
  private isValidated: boolean;
  private isHostUp = false;
  private isClosed = false;

  private readonly ready = new ReadyQueue();
  private readonly waiting = new Set<Waiting>();
  private readonly underWay = new Set<readonly Pending[]>();

  private readonly counts = { matched: 0, delivered: 0, failedAttempts: 0, deadLettered: 0, dropped: 0 };
  private lastOutcome: SubscriptionState['lastOutcome'];

  constructor(
    topic: { readonly name: string; readonly type: 'Custom' | SystemTopicType },
    definition: EventSubscriptionDefinition,
    options: RouterOptions,
    emit: (record: RouterRecord) => void,
  ) {
    this.definition = definition;
    this.wants = compileFilter(definition.filter);
    this.topicName = topic.name;
    this.topicType = topic.type;
    this.options = options;
    this.emit = emit;
    const { destination } = definition;
    this.isValidated = destination.endpointType !== 'WebHook';
    if (destination.endpointType === 'WebHook')
      this.handshake = new Handshake(options.clock, {
        newId: options.newId,
        random: options.random,
        ask: (code) =>
          options.askForValidation({ topicName: this.topicName, subscription: { ...definition, destination }, code }),
        onState: (state, detail) => {
          this.emit({ type: 'validation', at: options.clock.now(), ...this.names, state, detail });
          if (state === 'pending') return;
          this.isValidated = true;
          this.pump();
        },
      });
    if (definition.deadLetterDestination)
      this.deadLetters = new DeadLetterWriter(definition, definition.deadLetterDestination.container, options);
  }

  /** Starts the handshake with a webhook. Events may come before. */
  start(): void {
    this.handshake?.start();
  }

  pending(id: string, event: PublishedEvent, publishedAt: Instant): Pending {
    return makePending(id, event, publishedAt, this.definition);
  }

  /** Takes events that passed the filter; {@link pump} sends them on. */
  accept(events: readonly Pending[]): void {
    this.counts.matched += events.length;
    this.ready.push(events);
  }

  /** Takes back events that a store kept, each with when it is due. */
  restore(events: readonly RestoredEvent[]): void {
    this.counts.matched += events.length;
    for (const { pending, dueAt, giveUp } of events) {
      if (giveUp) this.giveUp([pending], this.reasonAfter(pending));
      else if (dueAt <= this.options.clock.now()) this.ready.push([pending]);
      else this.wait([pending], dueAt, true);
    }
  }

  /** Starts as many attempts as may be under way. Never waits to fill a batch. */
  pump(): void {
    const { destination } = this.definition;
    const batching = 'maxEventsPerBatch' in destination ? destination : undefined;
    while (this.isOpen && this.underWay.size < MOST_ATTEMPTS_AT_ONCE && !this.ready.isEmpty)
      this.attempt(this.ready.takeBatch(batching));
  }

  setHostUp(isUp: boolean): void {
    if (this.definition.destination.endpointType !== 'AzureFunction') return;
    this.isHostUp = isUp;
    if (!isUp) return;
    for (const group of [...this.waiting]) if (group.isUnreachable) this.due(group);
    this.pump();
  }

  confirmValidation(code: string): boolean {
    return this.handshake?.confirm(code) ?? false;
  }

  state(): SubscriptionState {
    const { destination } = this.definition;
    const name = destination.endpointType === 'WebHook' ? destination.endpointUrl : destination.name;
    return {
      topicName: this.topicName,
      topicType: this.topicType,
      name: this.definition.name,
      destination: { endpointType: destination.endpointType, name },
      status: this.isOpen ? 'active' : this.isValidated ? 'waiting-for-host' : 'awaiting-validation',
      counts: { ...this.counts, pending: this.pendingCount },
      lastOutcome: this.lastOutcome,
    };
  }

  /** With when each is due; `giveUp`: on its way to the dead letters. */
  *allPending(): Iterable<RestoredEvent> {
    const now = this.options.clock.now();
    for (const pending of this.ready) yield { pending, dueAt: now, giveUp: false };
    for (const { events, dueAt } of this.waiting) for (const pending of events) yield { pending, dueAt, giveUp: false };
    for (const batch of this.underWay) for (const pending of batch) yield { pending, dueAt: now, giveUp: false };
    for (const pending of this.deadLetters?.unwritten() ?? []) yield { pending, dueAt: now, giveUp: true };
  }

  close(): void {
    this.isClosed = true;
    this.handshake?.close();
    this.deadLetters?.close();
    for (const { timer } of this.waiting) this.options.clock.clearTimer(timer);
  }

  private get pendingCount(): number {
    const { matched, delivered, deadLettered, dropped } = this.counts;
    return matched - delivered - deadLettered - dropped;
  }

  private get names(): { readonly topicName: string; readonly subscriptionName: string } {
    return { topicName: this.topicName, subscriptionName: this.definition.name };
  }

  private get isOpen(): boolean {
    if (this.isClosed || !this.isValidated) return false;
    return this.definition.destination.endpointType !== 'AzureFunction' || this.isHostUp;
  }

  private attempt(batch: readonly Pending[]): void {
    const first = batch[0]!;
    const attempt = {
      topicName: this.topicName,
      subscription: this.definition,
      events: batch,
      previousAttempts: first.attempts,
      attributes: first.attributes,
    };
    this.underWay.add(batch);
    const failed = (error: unknown): AttemptResult => ({
      kind: 'failed',
      outcome: 'SocketError',
      detail: error instanceof Error ? error.message : String(error),
    });
    this.options
      .push(attempt)
      .catch(failed)
      .then((result) => {
        if (!this.isClosed)
          this.attempted(batch, judge(result, this.definition.destination.endpointType === 'WebHook'));
      });
  }

  private attempted(batch: readonly Pending[], verdict: Verdict): void {
    const now = this.options.clock.now();
    this.underWay.delete(batch);
    for (const pending of batch) {
      pending.attempts += 1;
      pending.lastAttemptAt = now;
      pending.lastOutcome = verdict.delivered ? 'Delivered' : verdict.outcome;
    }
    const outcome = verdict.delivered ? 'Delivered' : verdict.outcome;
    const detail = verdict.delivered ? '' : verdict.detail;
    this.lastOutcome = { at: now, outcome, detail };
    if (verdict.delivered) {
      this.counts.delivered += batch.length;
      this.finish(batch, 'delivered');
    } else {
      this.counts.failedAttempts += 1;
      this.failed(batch, verdict);
    }
    this.pump();
  }

  private failed(batch: readonly Pending[], verdict: Extract<Verdict, { readonly delivered: false }>): void {
    const now = this.options.clock.now();
    const most = this.definition.retryPolicy.maxDeliveryAttempts;
    const record = (events: readonly Pending[], dueAt?: Instant): void => {
      if (events.length === 0) return;
      const ids = events.map(({ id }) => id);
      const attempts = events.map((pending) => pending.attempts);
      const { outcome, detail } = verdict;
      this.emit({ type: 'attempted', at: now, ...this.names, ids, attempts, outcome, detail, dueAt });
    };
    if (!verdict.isRetried) {
      record(batch);
      this.giveUp(batch, 'UndeliverableDueToClientError');
      return;
    }
    const spent = batch.filter(({ attempts }) => attempts >= most);
    const left = batch.filter(({ attempts }) => attempts < most);
    record(spent);
    if (spent.length > 0) this.giveUp(spent, 'MaxDeliveryAttemptsExceeded');
    if (left.length === 0) return;
    const attempts = Math.max(...left.map((pending) => pending.attempts));
    const dueAt = now + retryWaitMs(attempts, verdict.minimumWaitMs, this.options.random());
    record(left, dueAt);
    this.wait(left, dueAt, verdict.isUnreachable);
  }

  private wait(events: readonly Pending[], dueAt: Instant, isUnreachable: boolean): void {
    const timer = this.options.clock.setTimer(dueAt, () => {
      this.due(group);
      this.pump();
    });
    const group: Waiting = { events, dueAt, timer, isUnreachable };
    this.waiting.add(group);
  }

  /** The time to live is looked at only here, when the next attempt is due (delivery-and-retry, "Retry policy"). */
  private due(group: Waiting): void {
    this.waiting.delete(group);
    this.options.clock.clearTimer(group.timer);
    const now = this.options.clock.now();
    const lifetimeMs = this.definition.retryPolicy.eventTimeToLiveInMinutes * MINUTE_MS;
    const expired = group.events.filter(({ publishedAt }) => now - publishedAt >= lifetimeMs);
    this.ready.push(group.events.filter(({ publishedAt }) => now - publishedAt < lifetimeMs));
    if (expired.length > 0) this.giveUp(expired, 'TimeToLiveExceeded');
  }

  private reasonAfter(pending: Pending): DeadLetterReason {
    const { maxDeliveryAttempts } = this.definition.retryPolicy;
    return pending.attempts >= maxDeliveryAttempts ? 'MaxDeliveryAttemptsExceeded' : 'UndeliverableDueToClientError';
  }

  private giveUp(events: readonly Pending[], reason: DeadLetterReason): void {
    if (!this.deadLetters) {
      this.counts.dropped += events.length;
      this.finish(events, 'dropped', reason);
      return;
    }
    this.deadLetters.write(events, reason, (blobName) => {
      this.counts[blobName === undefined ? 'dropped' : 'deadLettered'] += events.length;
      this.finish(events, blobName === undefined ? 'dropped' : 'dead-lettered', reason, blobName);
    });
  }

  private finish(
    events: readonly Pending[],
    how: 'delivered' | 'dead-lettered' | 'dropped',
    reason?: string,
    blobName?: string,
  ): void {
    const ids = events.map(({ id }) => id);
    this.emit({ type: 'finished', at: this.options.clock.now(), ...this.names, ids, how, reason, blobName });
  }
}
