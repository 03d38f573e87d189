import type { Clock, Instant } from '../../clock/clock.ts';
import { DueTimer } from './due-timer.ts';
import { Heap } from './heap.ts';

/** Rebuilding costs O(n), so the dead must be some before it pays; but what they hold on to may be a whole connection. */
const FEWEST_DEAD_TO_REBUILD = 64;

export interface DueLineOptions<T> {
  readonly clock: Clock;
  readonly dueAt: (item: T) => Instant;
  /** False once the item needs no call any more: it leaves the line when it is met. */
  readonly isLive: (item: T) => boolean;
  /** Called by the timer when an item is due; takes them with {@link DueLine.takeDue}. */
  readonly onDue: () => void;
}

/**
 * Items waiting for an instant, with one timer of the clock for all of them. Adding and taking are O(log n); removing is
 * saying {@link DueLine.died}, O(1) amortized.
 */
export class DueLine<T> {
  private readonly heap: Heap<T>;
  private readonly options: DueLineOptions<T>;
  private readonly timer: DueTimer;
  private dead = 0;

  constructor(options: DueLineOptions<T>) {
    this.options = options;
    this.heap = new Heap(options.dueAt);
    this.timer = new DueTimer(options.clock, () => this.nextDueAt(), options.onDue);
  }

  add(item: T): void {
    this.heap.push(item);
    this.timer.added(this.options.dueAt(item));
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
    const dueAt = this.nextDueAt();
    return dueAt === undefined || dueAt > now ? undefined : this.heap.pop();
  }

  /** Without its timer the line only collects. */
  setArmed(armed: boolean): void {
    this.timer.setArmed(armed);
  }

  clear(): void {
    this.heap.clear();
    this.dead = 0;
    this.timer.stop();
  }

  private nextDueAt(): Instant | undefined {
    for (let top = this.heap.peek(); top !== undefined; top = this.heap.peek()) {
      if (this.options.isLive(top)) return this.options.dueAt(top);
      this.heap.pop();
      this.dead = Math.max(0, this.dead - 1);
    }
    return undefined;
  }
}
