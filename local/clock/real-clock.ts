import type { Clock, Instant, TimerId } from './clock.ts';
import { TimerHeap } from './timer-heap.ts';

/** The longest wait that `setTimeout` takes; a longer one would fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The system's clock. All timers share one system timer, so a million of them cost a heap entry each and no more. */
export class RealClock implements Clock {
  private readonly timers = new TimerHeap();
  private armed: { readonly dueAt: Instant; readonly handle: NodeJS.Timeout } | undefined;

  now(): Instant {
    return Date.now();
  }

  setTimer(dueAt: Instant, fire: () => void): TimerId {
    const id = this.timers.add(dueAt, fire);
    this.arm();
    return id;
  }

  clearTimer(id: TimerId): void {
    this.timers.remove(id);
    if (this.timers.size === 0) this.disarm();
  }

  private arm(): void {
    const dueAt = this.timers.nextDueAt();
    if (dueAt === undefined) {
      this.disarm();
      return;
    }
    if (this.armed && this.armed.dueAt <= dueAt) return;
    this.disarm();
    const waitMs = Math.min(Math.max(dueAt - this.now(), 0), LONGEST_TIMEOUT_MS);
    this.armed = { dueAt, handle: setTimeout(() => this.run(), waitMs) };
  }

  private disarm(): void {
    if (this.armed) clearTimeout(this.armed.handle);
    this.armed = undefined;
  }

  private run(): void {
    this.armed = undefined;
    try {
      for (let fire = this.timers.takeDue(this.now()); fire; fire = this.timers.takeDue(this.now())) fire();
    } finally {
      this.arm();
    }
  }
}
