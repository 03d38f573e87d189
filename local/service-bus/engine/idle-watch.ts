import type { Clock, Instant, TimerId } from '../../clock/clock.ts';

export interface IdleWatchOptions {
  readonly clock: Clock;
  readonly lastUseAt: () => Instant;
  /** True while something counts as use by its mere presence: a receiver, a scheduled message. */
  readonly isBusy: () => boolean;
  readonly onIdle: () => void;
}

/** AutoDeleteOnIdle: one timer an entity, looked at when it fires, so that using the entity costs nothing (contracts §12). */
export class IdleWatch {
  private readonly options: IdleWatchOptions;
  private timer: TimerId | undefined;
  private idleMs = Number.POSITIVE_INFINITY;

  constructor(options: IdleWatchOptions) {
    this.options = options;
  }

  /** `Infinity` switches it off. */
  set(idleMs: number): void {
    this.stop();
    this.idleMs = idleMs;
    if (Number.isFinite(idleMs)) this.arm(this.options.clock.now() + idleMs);
  }

  stop(): void {
    if (this.timer !== undefined) this.options.clock.clearTimer(this.timer);
    this.timer = undefined;
  }

  private arm(at: Instant): void {
    this.timer = this.options.clock.setTimer(at, () => {
      this.timer = undefined;
      const now = this.options.clock.now();
      const idleFrom = this.options.isBusy() ? now : this.options.lastUseAt();
      if (now - idleFrom >= this.idleMs) this.options.onIdle();
      else this.arm(idleFrom + this.idleMs);
    });
  }
}
