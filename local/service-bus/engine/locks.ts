import type { Clock, Instant, TimerId } from '../../clock/clock.ts';
import type { Message } from './message.ts';
import type { Session } from './session.ts';

/** A receiver's claim on a message. In a session it has no time of its own: it lives and dies with the session's lock. */
export class Lock {
  readonly token: string;
  readonly message: Message;
  readonly session: Session | undefined;
  /** The transaction that will settle the message when it commits. */
  transactionId: string | undefined = undefined;
  isHeld = true;
  previous: Lock | undefined = undefined;
  next: Lock | undefined = undefined;
  private until: Instant;

  constructor(token: string, message: Message, until: Instant, session: Session | undefined) {
    this.token = token;
    this.message = message;
    this.until = until;
    this.session = session;
  }

  get lockedUntil(): Instant {
    return this.session?.holder?.lockedUntil ?? this.until;
  }

  set lockedUntil(until: Instant) {
    this.until = until;
  }
}

/**
 * The locks of one entity, by token, and those with a time of their own in the order in which they end. All of an entity's
 * locks last equally long, so a new one goes to the end of the list: O(1), and O(k) only right after the duration was cut.
 */
export class LockTable {
  private readonly byToken = new Map<string, Lock>();
  private readonly clock: Clock;
  private readonly onExpired: () => void;
  private first: Lock | undefined;
  private last: Lock | undefined;
  private timer: { readonly id: TimerId; readonly at: Instant } | undefined;

  constructor(clock: Clock, onExpired: () => void) {
    this.clock = clock;
    this.onExpired = onExpired;
  }

  get size(): number {
    return this.byToken.size;
  }

  get(token: string): Lock | undefined {
    return this.byToken.get(token);
  }

  values(): Iterable<Lock> {
    return this.byToken.values();
  }

  add(lock: Lock): void {
    this.byToken.set(lock.token, lock);
    if (lock.session) return;
    this.link(lock);
    this.arm();
  }

  renew(lock: Lock, until: Instant): void {
    this.unlink(lock);
    lock.lockedUntil = until;
    this.link(lock);
    this.arm();
  }

  remove(lock: Lock): void {
    lock.isHeld = false;
    this.byToken.delete(lock.token);
    if (!lock.session) this.unlink(lock);
  }

  /** The first lock whose time is over; it stays in the table. */
  nextExpired(now: Instant): Lock | undefined {
    return this.first && this.first.lockedUntil <= now ? this.first : undefined;
  }

  clear(): void {
    this.byToken.clear();
    this.first = undefined;
    this.last = undefined;
    this.stop();
  }

  /** Ends no lock any more. */
  stop(): void {
    if (this.timer) this.clock.clearTimer(this.timer.id);
    this.timer = undefined;
  }

  private link(lock: Lock): void {
    let before = this.last;
    while (before && before.lockedUntil > lock.lockedUntil) before = before.previous;
    lock.previous = before;
    lock.next = before ? before.next : this.first;
    if (lock.next) lock.next.previous = lock;
    else this.last = lock;
    if (before) before.next = lock;
    else this.first = lock;
  }

  private unlink(lock: Lock): void {
    if (lock.previous) lock.previous.next = lock.next;
    else if (this.first === lock) this.first = lock.next;
    if (lock.next) lock.next.previous = lock.previous;
    else if (this.last === lock) this.last = lock.previous;
    lock.previous = undefined;
    lock.next = undefined;
  }

  private arm(): void {
    if (!this.first || (this.timer && this.timer.at <= this.first.lockedUntil)) return;
    if (this.timer) this.clock.clearTimer(this.timer.id);
    const at = this.first.lockedUntil;
    this.timer = {
      at,
      id: this.clock.setTimer(at, () => {
        this.timer = undefined;
        if (this.nextExpired(this.clock.now())) this.onExpired();
        this.arm();
      }),
    };
  }
}
