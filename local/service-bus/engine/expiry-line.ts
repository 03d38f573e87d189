import type { Clock, Instant } from '../../clock/clock.ts';
import { DueTimer } from './due-timer.ts';
import type { Message } from './message.ts';
import type { SequenceIndex } from './sequence-index.ts';

const FIRST_CAPACITY = 256;
/** Rebuilding costs O(n), so the entries of messages that are gone must be many before it pays. */
const FEWEST_GONE_TO_REBUILD = 1024;

/**
 * When messages expire, as a heap of plain numbers (instant and sequence number, 16 bytes a message). It holds no message: one
 * that is gone is free at once, however far off its expiry was, and the garbage collector has nothing to walk.
 */
export class ExpiryLine {
  private readonly messages: SequenceIndex<Message>;
  private readonly timer: DueTimer;
  /** Pairs: instant, sequence number. */
  private pairs = new Float64Array(2 * FIRST_CAPACITY);
  private count = 0;
  private gone = 0;

  constructor(clock: Clock, messages: SequenceIndex<Message>, onDue: () => void) {
    this.messages = messages;
    this.timer = new DueTimer(clock, () => this.nextDueAt(), onDue);
  }

  add(message: Message): void {
    const expiry = message.expiry!;
    if (2 * this.count === this.pairs.length) {
      const larger = new Float64Array(2 * this.pairs.length);
      larger.set(this.pairs);
      this.pairs = larger;
    }
    this.siftUp(this.count, expiry, message.sequenceNumber);
    this.count += 1;
    this.timer.added(expiry);
  }

  /** A message with an expiry left its entity. */
  left(): void {
    this.gone += 1;
    if (this.gone < FEWEST_GONE_TO_REBUILD || this.gone * 2 < this.count) return;
    const { pairs, count } = this;
    this.count = 0;
    this.gone = 0;
    // In place: what is kept is written at or before where it was read.
    for (let index = 0; index < count; index += 1) {
      const expiry = pairs[2 * index]!;
      const sequenceNumber = pairs[2 * index + 1]!;
      if (!this.isThere(expiry, sequenceNumber)) continue;
      this.siftUp(this.count, expiry, sequenceNumber);
      this.count += 1;
    }
  }

  /** Takes the next message that has expired. */
  takeDue(now: Instant): Message | undefined {
    const dueAt = this.nextDueAt();
    if (dueAt === undefined || dueAt > now) return undefined;
    const message = this.messages.get(this.pairs[1]!);
    this.removeTop();
    return message;
  }

  /** Without its timer the line only collects. */
  setArmed(armed: boolean): void {
    this.timer.setArmed(armed);
  }

  clear(): void {
    this.pairs = new Float64Array(2 * FIRST_CAPACITY);
    this.count = 0;
    this.gone = 0;
    this.timer.stop();
  }

  private nextDueAt(): Instant | undefined {
    while (this.count > 0) {
      if (this.isThere(this.pairs[0]!, this.pairs[1]!)) return this.pairs[0]!;
      this.removeTop();
      this.gone = Math.max(0, this.gone - 1);
    }
    return undefined;
  }

  private isThere(expiry: Instant, sequenceNumber: number): boolean {
    return this.messages.get(sequenceNumber)?.expiry === expiry;
  }

  private removeTop(): void {
    this.count -= 1;
    if (this.count > 0) this.siftDown(this.pairs[2 * this.count]!, this.pairs[2 * this.count + 1]!);
  }

  private put(index: number, expiry: Instant, sequenceNumber: number): void {
    this.pairs[2 * index] = expiry;
    this.pairs[2 * index + 1] = sequenceNumber;
  }

  private siftUp(start: number, expiry: Instant, sequenceNumber: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const parentExpiry = this.pairs[2 * parent]!;
      if (parentExpiry <= expiry) break;
      this.put(index, parentExpiry, this.pairs[2 * parent + 1]!);
      index = parent;
    }
    this.put(index, expiry, sequenceNumber);
  }

  private siftDown(expiry: Instant, sequenceNumber: number): void {
    const { pairs, count } = this;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= count) break;
      if (child + 1 < count && pairs[2 * child + 2]! < pairs[2 * child]!) child += 1;
      if (pairs[2 * child]! >= expiry) break;
      this.put(index, pairs[2 * child]!, pairs[2 * child + 1]!);
      index = child;
    }
    this.put(index, expiry, sequenceNumber);
  }
}
