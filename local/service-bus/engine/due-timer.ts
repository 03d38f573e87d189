import type { Clock, Instant, TimerId } from '../../clock/clock.ts';

/** One timer of the clock for many instants: set for the first, looked at anew when it fires. */
export class DueTimer {
  private readonly clock: Clock;
  private readonly nextDueAt: () => Instant | undefined;
  private readonly onDue: () => void;
  private timer: { readonly id: TimerId; readonly at: Instant } | undefined;
  private isArmed = true;

  /** @param onDue called when something is due; takes it */
  constructor(clock: Clock, nextDueAt: () => Instant | undefined, onDue: () => void) {
    this.clock = clock;
    this.nextDueAt = nextDueAt;
    this.onDue = onDue;
  }

  /** Something was added that is due then. A timer that is too early stays: it finds nothing due and sets the next one. */
  added(dueAt: Instant): void {
    if (!this.isArmed || (this.timer && this.timer.at <= dueAt)) return;
    this.stop();
    this.timer = { at: dueAt, id: this.clock.setTimer(dueAt, () => this.fire()) };
  }

  setArmed(isArmed: boolean): void {
    this.isArmed = isArmed;
    if (!isArmed) this.stop();
    else this.rearm();
  }

  stop(): void {
    if (this.timer) this.clock.clearTimer(this.timer.id);
    this.timer = undefined;
  }

  private fire(): void {
    this.timer = undefined;
    const dueAt = this.nextDueAt();
    if (dueAt !== undefined && dueAt <= this.clock.now()) this.onDue();
    this.rearm();
  }

  private rearm(): void {
    const dueAt = this.nextDueAt();
    if (dueAt !== undefined) this.added(dueAt);
  }
}
