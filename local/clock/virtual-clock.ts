import type { Clock, Instant, TimerId } from './clock.ts';
import { TimerHeap } from './timer-heap.ts';

/** Time that stands until it is stepped. Timers fire inside the step that reaches them, each at its own due time. */
export class VirtualClock implements Clock {
  private readonly timers = new TimerHeap();
  private current: Instant;

  /** @param start the first instant; default 2026-01-01T00:00:00Z */
  constructor(start: Instant = Date.UTC(2026, 0, 1)) {
    this.current = start;
  }

  now(): Instant {
    return this.current;
  }

  setTimer(dueAt: Instant, fire: () => void): TimerId {
    return this.timers.add(dueAt, fire);
  }

  clearTimer(id: TimerId): void {
    this.timers.remove(id);
  }

  /** How many timers are set: zero is what a closed engine leaves behind. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  nextDueAt(): Instant | undefined {
    return this.timers.nextDueAt();
  }

  advanceBy(durationMs: number): void {
    this.advanceTo(this.current + durationMs);
  }

  /** Going backwards is an error: time does not. */
  advanceTo(target: Instant): void {
    if (target < this.current)
      throw new RangeError(`The clock stands at ${this.current}; it cannot go back to ${target}.`);
    for (;;) {
      const dueAt = this.timers.nextDueAt();
      if (dueAt === undefined || dueAt > target) break;
      this.current = Math.max(this.current, dueAt);
      this.timers.takeDue(this.current)?.();
    }
    this.current = target;
  }
}
