import type { Clock, Instant } from '../../clock/clock.ts';
import type { BrokerEvent } from './api.ts';
import type { ContentArena } from './content-arena.ts';
import type { MessageQueue } from './message-queue.ts';

/** Removes `at` from each member of the union. */
export type EventWithoutTime = BrokerEvent extends infer Event
  ? Event extends BrokerEvent
    ? Omit<Event, 'at'>
    : never
  : never;

/**
 * What all parts of a broker share: time, ids, the memory of contents, the stream of events, and the turn. A turn is one
 * operation of a caller (or one timer): it changes state and emits events; queues that it touched are pumped when it ends.
 */
export class Kernel {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly arena: ContentArena;
  private readonly listeners = new Set<(event: BrokerEvent) => void>();
  private readonly touched = new Set<MessageQueue>();
  private depth = 0;
  private readonly pump: (queue: MessageQueue) => void;

  constructor(options: {
    readonly clock: Clock;
    readonly newId: () => string;
    readonly arena: ContentArena;
    readonly pump: (queue: MessageQueue) => void;
  }) {
    this.clock = options.clock;
    this.newId = options.newId;
    this.arena = options.arena;
    this.pump = options.pump;
  }

  now(): Instant {
    return this.clock.now();
  }

  /** @param event a new object: it gets its time, and the listeners get it */
  emit(event: EventWithoutTime & { at?: Instant }): void {
    if (this.listeners.size === 0) return;
    event.at = this.clock.now();
    for (const listener of this.listeners) listener(event as BrokerEvent);
  }

  onEvent(listener: (event: BrokerEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Something became deliverable here, or somebody ready to take it. */
  touch(queue: MessageQueue): void {
    this.touched.add(queue);
  }

  /** Runs an operation; the outermost one ends with deliveries. Callbacks of deliveries may start turns of their own. */
  turn<Result>(operation: () => Result): Result {
    this.depth += 1;
    try {
      const result = operation();
      if (this.depth === 1) this.pumpTouched();
      return result;
    } finally {
      this.depth -= 1;
    }
  }

  private pumpTouched(): void {
    for (const queue of this.touched) {
      // Deleted first: what touches it again while it is pumped puts it at the end of the set and so into this loop.
      this.touched.delete(queue);
      this.pump(queue);
    }
  }
}
