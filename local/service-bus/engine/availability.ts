import type { Clock, TimerId } from '../../clock/clock.ts';
import type { AvailabilityEvent, Broker, BrokerEvent } from './api.ts';
import { parsePath } from './paths.ts';

/** Intervals of service-bus-to-event-grid-integration-concept. */
const NO_LISTENERS_EVERY_MS = 120_000;
const PERIODIC_EVERY_MS = 30_000;

export interface Availability {
  /** Returns how to stop. */
  onEvent(listener: (event: AvailabilityEvent) => void): () => void;
  close(): void;
}

type Kind = 'ActiveMessages' | 'DeadletterMessages';

/** One queue, subscription or dead-letter queue, watched while it has messages. */
interface Watched {
  readonly path: string;
  readonly kind: Kind;
  /** Active messages, locked ones included; deferred and scheduled ones wait for nobody in particular. */
  available: number;
  /** Open receivers, and those who wait for a session. Peeking is no listening. */
  listeners: number;
  readonly timers: Set<TimerId>;
}

/**
 * Tells Event Grid that messages wait (the four event types of Microsoft.ServiceBus.Namespaces).
 *
 * When the first message reaches an entity that was empty, its time begins; it ends when the entity is empty again. At the
 * beginning, and every 2 minutes from it, `…WithNoListeners` is raised if nobody listens at that moment; at the beginning,
 * and every 30 seconds, `…PeriodicNotifications`, whoever listens. So what a drain leaves behind when it closes its receiver
 * is announced at the next full 2 minutes since the first message, at most 2 minutes after closing; and when the drain took
 * everything, the next message is announced at once. Closing itself raises nothing: a receiver that goes from one session to
 * the next has none open in between. (The service documents the first event and the interval; what the interval counts from
 * is our choice.)
 *
 * An entity with sessions is watched as a whole, not by session. Subscriptions are watched each by itself, topics not, since
 * nobody can receive from them. Of the sub-queues, dead-letter queues are watched, transfer dead-letter queues not. Entities
 * that forward are not: what passes through is not available there. After a restart the time of what was there begins anew,
 * without an event at its beginning.
 */
export function watchAvailability(broker: Broker, clock: Clock): Availability {
  const watcher = new AvailabilityWatcher(broker, clock);
  return { onEvent: (listener) => watcher.onEvent(listener), close: () => watcher.close() };
}

class AvailabilityWatcher {
  private readonly broker: Broker;
  private readonly clock: Clock;
  private readonly watched = new Map<string, Watched>();
  private readonly listeners = new Set<(event: AvailabilityEvent) => void>();
  private readonly stop: () => void;

  constructor(broker: Broker, clock: Clock) {
    this.broker = broker;
    this.clock = clock;
    for (const path of this.paths()) this.begin(path);
    this.stop = broker.onEvent((event) => this.see(event));
  }

  onEvent(listener: (event: AvailabilityEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.stop();
    for (const watched of this.watched.values()) this.stopTimers(watched);
    this.watched.clear();
  }

  private *paths(): Generator<string> {
    const subscriptions = this.broker.listTopics().flatMap(({ definition }) => {
      const listed = this.broker.listSubscriptions(definition.name);
      return listed.ok
        ? listed.subscriptions.map((each) => `${definition.name}/Subscriptions/${each.definition.name}`)
        : [];
    });
    for (const path of [...this.broker.listQueues().map(({ definition }) => definition.name), ...subscriptions]) {
      yield path;
      yield `${path}/$DeadLetterQueue`;
    }
  }

  /** What was there before anybody watched. */
  private begin(path: string): void {
    const counts = this.broker.counts(path);
    if (!counts.ok) return;
    const watched = this.at(path);
    if (!watched) return;
    watched.available = counts.active - counts.deferred;
    watched.listeners = this.broker.receivers(path).length;
    if (watched.available > 0) this.startTimers(watched);
  }

  private at(path: string): Watched | undefined {
    let watched = this.watched.get(path);
    if (watched) return watched;
    const { subQueue } = parsePath(path);
    if (subQueue === 'transfer-dead-letter') return undefined;
    const kind: Kind = subQueue === 'none' ? 'ActiveMessages' : 'DeadletterMessages';
    watched = { path, kind, available: 0, listeners: 0, timers: new Set() };
    this.watched.set(path, watched);
    return watched;
  }

  private see(event: BrokerEvent): void {
    switch (event.type) {
      case 'message-stored':
        if (event.message.state === 'active') this.add(event.entity, 1);
        break;
      case 'message-removed':
      case 'message-deferred':
        if (event.was === 'active') this.add(event.entity, -1);
        break;
      case 'receiver-opened':
      case 'session-wait-started':
        this.listen(event.entity, 1);
        break;
      case 'receiver-closed':
      case 'session-wait-ended':
        this.listen(event.entity, -1);
        break;
      case 'entity-deleted':
        this.forget(event.entity);
        break;
    }
  }

  private listen(path: string, by: 1 | -1): void {
    const watched = this.at(path);
    if (watched) watched.listeners += by;
  }

  private add(path: string, by: 1 | -1): void {
    const watched = this.at(path);
    if (!watched) return;
    watched.available += by;
    if (watched.available === 0) this.stopTimers(watched);
    else if (watched.available === 1 && by === 1 && !this.isPassing(path)) {
      this.startTimers(watched);
      this.raise(watched, 'AvailablePeriodicNotifications');
      if (watched.listeners === 0) this.raise(watched, 'AvailableWithNoListeners');
    }
  }

  private isPassing(path: string): boolean {
    const described = this.broker.describe(path);
    return !described.ok || described.kind === 'topic' || described.forwards;
  }

  /** The queue's or subscription's own path is a prefix of its dead-letter queue's. */
  private forget(path: string): void {
    for (const [each, watched] of this.watched) {
      if (each !== path && !each.startsWith(`${path}/$`) && !each.startsWith(`${path}/Subscriptions/`)) continue;
      this.stopTimers(watched);
      this.watched.delete(each);
    }
  }

  private startTimers(watched: Watched): void {
    const every = (intervalMs: number, tick: () => void): void => {
      const arm = (at: number): void => {
        const id = this.clock.setTimer(at, () => {
          watched.timers.delete(id);
          arm(at + intervalMs);
          if (!this.isPassing(watched.path)) tick();
        });
        watched.timers.add(id);
      };
      arm(this.clock.now() + intervalMs);
    };
    every(NO_LISTENERS_EVERY_MS, () => {
      if (watched.listeners === 0) this.raise(watched, 'AvailableWithNoListeners');
    });
    every(PERIODIC_EVERY_MS, () => this.raise(watched, 'AvailablePeriodicNotifications'));
  }

  private stopTimers(watched: Watched): void {
    for (const id of watched.timers) this.clock.clearTimer(id);
    watched.timers.clear();
  }

  private raise(watched: Watched, what: 'AvailableWithNoListeners' | 'AvailablePeriodicNotifications'): void {
    const { root, subscription } = parsePath(watched.path);
    const isQueue = subscription === undefined;
    const event: AvailabilityEvent = {
      type: `${watched.kind}${what}`,
      at: this.clock.now(),
      namespaceName: this.broker.namespaceName,
      entityType: isQueue ? 'queue' : 'subscriber',
      queueName: isQueue ? root : undefined,
      topicName: isQueue ? undefined : root,
      subscriptionName: subscription,
    };
    for (const listener of this.listeners) listener(event);
  }
}
