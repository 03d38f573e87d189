import type { Clock, Instant, TimerId } from '../../clock/clock.ts';
import { Heap } from './heap.ts';

/** Rebuilding costs O(n), so the dead must be many before it pays. */
const FEWEST_DEAD_TO_REBUILD = 1024;

export interface DueLineOptions<T> {
  readonly clock: Clock;
  readonly dueAt: (item: T) => Instant;
  /** False once the item needs no call any more: it leaves the line when it is met. */
  readonly isLive: (item: T) => boolean;
  /** Called by the timer when at least one item may be due; takes them with {@link DueLine.takeDue}. */
  readonly onDue: () => void;
}

/**
 * Items waiting for an instant, with one timer of the clock for all of them. Adding and taking are O(log n); removing is
 * saying {@link DueLine.died}, O(1) amortized.
 */
export class DueLine<T> {
  private readonly heap: Heap<T>;
  private readonly options: DueLineOptions<T>;
  private timer: { readonly id: TimerId; readonly at: Instant } | undefined;
  private dead = 0;
  private armed = true;

  constructor(options: DueLineOptions<T>) {
    this.options = options;
    this.heap = new Heap(options.dueAt);
  }

  add(item: T): void {
    this.heap.push(item);
    this.arm();
  }

  /** An item that is in the line is no longer live. */
  died(): void {
    this.dead += 1;
    if (this.dead < FEWEST_DEAD_TO_REBUILD || this.dead * 2 < this.heap.size) return;
    this.heap.retain(this.options.isLive);
    this.dead = 0;
  }

  /** Takes the next live item that is due. */
  takeDue(now: Instant): T | undefined {
    this.dropDead();
    const top = this.heap.peek();
    if (top === undefined || this.options.dueAt(top) > now) return undefined;
    return this.heap.pop();
  }

  /** Without its timer the line only collects. */
  setArmed(armed: boolean): void {
    this.armed = armed;
    if (armed) this.arm();
    else this.disarm();
  }

  clear(): void {
    this.heap.clear();
    this.dead = 0;
    this.disarm();
  }

  private dropDead(): void {
    for (let top = this.heap.peek(); top !== undefined && !this.options.isLive(top); top = this.heap.peek()) {
      this.heap.pop();
      this.dead = Math.max(0, this.dead - 1);
    }
  }

  private arm(): void {
    if (!this.armed) return;
    const top = this.heap.peek();
    if (top === undefined) return;
    const at = this.options.dueAt(top);
    // A timer that is too early stays: it finds nothing due and sets the next one.
    if (this.timer && this.timer.at <= at) return;
    this.disarm();
    this.timer = { at, id: this.options.clock.setTimer(at, () => this.fire()) };
  }

  private fire(): void {
    this.timer = undefined;
    this.dropDead();
    const top = this.heap.peek();
    if (top !== undefined && this.options.dueAt(top) <= this.options.clock.now()) this.options.onDue();
    this.arm();
  }

  private disarm(): void {
    if (this.timer) this.options.clock.clearTimer(this.timer.id);
    this.timer = undefined;
  }
}
