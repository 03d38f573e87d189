import type { Clock, Instant } from '../../clock/clock.ts';

/** quotas-limits: ingress of a custom topic. */
const EVENTS_PER_SECOND = 5000;
const BYTES_PER_SECOND = 5 * 1_048_576;
const SECOND_MS = 1000;

/** A topic's ingress limits, counted by whole seconds from the first request of each. */
export class Throttle {
  private readonly clock: Clock;
  private startedAt: Instant = Number.NEGATIVE_INFINITY;
  private events = 0;
  private bytes = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Counts the request, or refuses it and counts nothing. A request alone in its second always passes. */
  take(events: number, bytes: number): boolean {
    const now = this.clock.now();
    if (now - this.startedAt >= SECOND_MS) {
      this.startedAt = now;
      this.events = 0;
      this.bytes = 0;
    }
    const isFirst = this.events === 0;
    if (!isFirst && (this.events + events > EVENTS_PER_SECOND || this.bytes + bytes > BYTES_PER_SECOND)) return false;
    this.events += events;
    this.bytes += bytes;
    return true;
  }
}
