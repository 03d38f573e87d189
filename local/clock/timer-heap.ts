import type { Instant, TimerId } from './clock.ts';

interface Entry {
  readonly id: TimerId;
  readonly dueAt: Instant;
  /** Undefined once it was cleared: whatever it held is let go at once, not when it would have been due. */
  fire: (() => void) | undefined;
}

/** Rebuilding costs O(n log n), so the cleared entries must be many before it pays. */
const FEWEST_TO_REBUILD = 256;

/**
 * A binary heap of timers: set and take are O(log n), clear is O(1) amortized; a cleared entry leaves when it reaches the top,
 * or when most entries have been cleared.
 */
export class TimerHeap {
  private entries: Entry[] = [];
  private readonly live = new Map<TimerId, Entry>();
  private lastId = 0;

  get size(): number {
    return this.live.size;
  }

  add(dueAt: Instant, fire: () => void): TimerId {
    this.lastId += 1;
    const id = this.lastId as TimerId;
    const entry = { id, dueAt, fire };
    this.live.set(id, entry);
    this.entries.push(entry);
    this.siftUp(this.entries.length - 1);
    return id;
  }

  remove(id: TimerId): void {
    const entry = this.live.get(id);
    if (!entry) return;
    entry.fire = undefined;
    this.live.delete(id);
    if (this.live.size === 0) this.entries = [];
    else if (this.entries.length >= FEWEST_TO_REBUILD && this.live.size * 2 < this.entries.length)
      // In order, an array is a heap.
      this.entries = [...this.live.values()].sort((a, b) => (this.comesBefore(a, b) ? -1 : 1));
  }

  /** When the next timer is due, or `undefined` when none is set. */
  nextDueAt(): Instant | undefined {
    while (this.entries.length > 0 && !this.entries[0]!.fire) this.removeTop();
    return this.entries[0]?.dueAt;
  }

  /** Takes the next timer out if it is due at `now`. */
  takeDue(now: Instant): (() => void) | undefined {
    const dueAt = this.nextDueAt();
    if (dueAt === undefined || dueAt > now) return undefined;
    const entry = this.removeTop();
    this.live.delete(entry.id);
    return entry.fire;
  }

  private removeTop(): Entry {
    const top = this.entries[0]!;
    const last = this.entries.pop()!;
    if (this.entries.length > 0) {
      this.entries[0] = last;
      this.siftDown(0);
    }
    return top;
  }

  private comesBefore(a: Entry, b: Entry): boolean {
    return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.id < b.id);
  }

  private siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.comesBefore(this.entries[index]!, this.entries[parent]!)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private siftDown(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let first = index;
      if (left < this.entries.length && this.comesBefore(this.entries[left]!, this.entries[first]!)) first = left;
      if (right < this.entries.length && this.comesBefore(this.entries[right]!, this.entries[first]!)) first = right;
      if (first === index) return;
      this.swap(index, first);
      index = first;
    }
  }

  private swap(a: number, b: number): void {
    [this.entries[a], this.entries[b]] = [this.entries[b]!, this.entries[a]!];
  }
}
