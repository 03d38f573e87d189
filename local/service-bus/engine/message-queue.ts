// Longer than 400 lines: every transition of a message is one method of one class, so that its counts, its lock, its session,
// its timers and its event change together in one place.
import type { Instant } from '../../clock/clock.ts';
import type { MessageImage, RemovalReason, ReturnReason, StoredCause } from './api.ts';
import { applicationChanges, mergeChanges } from './changes.ts';
import type { ContentLocation } from './content-arena.ts';
import { CreditLine } from './credit-line.ts';
import { DueLine } from './due-line.ts';
import type { ReceiverLossReason } from './events.ts';
import { ExpiryLine } from './expiry-line.ts';
import type { Kernel } from './kernel.ts';
import { Lock, LockTable } from './locks.ts';
import { advance, Message, type Particulars } from './message.ts';
import { ReadyLine } from './ready-line.ts';
import type { ReceiverLink } from './receiver-link.ts';
import { SequenceIndex } from './sequence-index.ts';
import { type Session, SessionTable } from './session.ts';
import { expireSessions, type SessionDeadline, type SessionWaiter } from './session-holds.ts';
import type { SizeAccount } from './size-account.ts';
import type { MessageChanges } from './values.ts';

/** What an entity's definition says about its messages. Replaced as a whole when the entity is updated. */
export interface QueuePolicy {
  readonly lockDurationMs: number;
  /** `Infinity` in sub-queues. */
  readonly maxDeliveryCount: number;
  readonly deadLettersExpired: boolean;
  readonly requiresSession: boolean;
  readonly forwardTo: string | undefined;
}

/** A message on its way into a queue. */
export interface Arrival {
  readonly location: ContentLocation;
  readonly cause: StoredCause;
  readonly from: { readonly entity: string; readonly sequenceNumber: number } | undefined;
  readonly sessionId: string | undefined;
  readonly assignedId: string | undefined;
  readonly particulars: Particulars | undefined;
  /** `undefined`: never expires. Counted from the moment at which it is (or becomes) active. */
  readonly timeToLiveMs: number | undefined;
  /** Later than now: stored as scheduled. */
  readonly scheduledEnqueueAt: Instant | undefined;
  /** Kept by moves to a sub-queue. */
  readonly kept?: { readonly sequenceNumber: number; readonly enqueuedAt: Instant; readonly deliveryCount: number };
}

export interface QueueSetup {
  readonly path: string;
  readonly policy: QueuePolicy;
  readonly account: SizeAccount;
  /** Absent in sub-queues, whose messages cannot be dead-lettered again. */
  readonly deadLetters: MessageQueue | undefined;
  /** A scheduled message came due: whoever owns the queue lets it arrive anew. */
  readonly onActivation: (message: Message) => void;
  /** The entity was used: its idle time starts anew. */
  readonly noteUse: () => void;
}

/**
 * Messages of one queue, subscription or sub-queue (and the scheduled ones of a topic), their locks, sessions and receivers.
 * Everything that happens to a message happens here, by one method a transition; who gets a message is `delivery.ts`.
 */
export class MessageQueue {
  readonly path: string;
  readonly account: SizeAccount;
  readonly deadLetters: MessageQueue | undefined;
  readonly noteUse: () => void;
  readonly messages = new SequenceIndex<Message>();
  readonly ready = new ReadyLine();
  readonly sessions = new SessionTable();
  /** Held sessions whose holder may get a message when the queue is pumped. */
  readonly sessionsToPump = new Set<Session>();
  readonly sessionWaiters = new Set<SessionWaiter>();
  readonly receivers = new Set<ReceiverLink>();
  readonly credits = new CreditLine();
  readonly locks: LockTable;
  readonly scheduled: DueLine<Message>;
  readonly expiring: ExpiryLine;
  readonly sessionDeadlines: DueLine<SessionDeadline>;
  policy: QueuePolicy;
  lastSequenceNumber = 0;
  bytes = 0;
  activeCount = 0;
  deferredCount = 0;
  scheduledCount = 0;
  private readonly kernel: Kernel;
  private readonly onActivation: (message: Message) => void;

  constructor(kernel: Kernel, setup: QueueSetup) {
    this.kernel = kernel;
    this.path = setup.path;
    this.policy = setup.policy;
    this.account = setup.account;
    this.deadLetters = setup.deadLetters;
    this.onActivation = setup.onActivation;
    this.noteUse = setup.noteUse;
    const { clock } = kernel;
    this.locks = new LockTable(clock, () => kernel.turn(() => this.sweepLocks()));
    this.scheduled = new DueLine({
      clock,
      dueAt: (message) => message.scheduledEnqueueAt!,
      isLive: (message) => message.phase === 'scheduled',
      onDue: () => kernel.turn(() => this.activateDue()),
    });
    this.expiring = new ExpiryLine(clock, this.messages, () => kernel.turn(() => this.sweepExpired()));
    this.sessionDeadlines = new DueLine({
      clock,
      dueAt: (deadline) => deadline.at,
      isLive: ({ session, hold, at }) => session.holder === hold && hold.lockedUntil === at,
      onDue: () => kernel.turn(() => expireSessions(kernel, this)),
    });
    this.listen();
  }

  get isSubQueue(): boolean {
    return this.deadLetters === undefined;
  }

  nextSequenceNumber(): number {
    this.lastSequenceNumber += 1;
    return this.lastSequenceNumber;
  }

  // Coming in

  put(arrival: Arrival, sequenceNumber = arrival.kept?.sequenceNumber ?? this.nextSequenceNumber()): Message {
    const now = this.kernel.now();
    const isScheduled = arrival.scheduledEnqueueAt !== undefined && arrival.scheduledEnqueueAt > now;
    const message = new Message({
      sequenceNumber,
      enqueuedAt: arrival.kept?.enqueuedAt ?? now,
      phase: isScheduled ? 'scheduled' : 'active',
      deliveryCount: arrival.kept?.deliveryCount ?? 0,
      // A scheduled message's time to live starts when it is activated (contracts §4).
      expiry: isScheduled || arrival.timeToLiveMs === undefined ? undefined : now + arrival.timeToLiveMs,
      location: arrival.location,
      assignedId: arrival.assignedId,
      particulars: isScheduled
        ? { ...arrival.particulars, scheduledEnqueueAt: arrival.scheduledEnqueueAt! }
        : arrival.particulars,
    });
    if (this.policy.requiresSession) message.session = this.sessions.ensure(arrival.sessionId ?? '');
    this.insert(message);
    this.kernel.emit({
      type: 'message-stored',
      entity: this.path,
      message,
      cause: arrival.cause,
      from: arrival.from,
    });
    return message;
  }

  /** Puts back what was stored before a restart. */
  restore(image: MessageImage, location: ContentLocation): Message {
    const { enqueuedSequenceNumber, scheduledEnqueueAt, deadLetterSource, hops, changes } = image;
    const isPlain =
      enqueuedSequenceNumber === undefined &&
      scheduledEnqueueAt === undefined &&
      deadLetterSource === undefined &&
      hops === 0 &&
      changes === undefined;
    const message = new Message({
      sequenceNumber: image.sequenceNumber,
      enqueuedAt: image.enqueuedAt,
      phase: image.state,
      deliveryCount: image.deliveryCount,
      expiry: Number.isFinite(image.expiresAt) ? image.expiresAt : undefined,
      location,
      assignedId: undefined,
      particulars: isPlain
        ? undefined
        : { enqueuedSequenceNumber, scheduledEnqueueAt, deadLetterSource, hops, changes },
    });
    if (this.policy.requiresSession) message.session = this.sessions.ensure(image.sessionId ?? '');
    this.lastSequenceNumber = Math.max(this.lastSequenceNumber, image.sequenceNumber);
    this.insert(message);
    return message;
  }

  private insert(message: Message): void {
    this.messages.set(message.sequenceNumber, message);
    this.bytes += message.size;
    this.account.bytes += message.size;
    if (message.session) message.session.messageCount += 1;
    this.count(message, 1);
    if (message.expiry !== undefined) this.expiring.add(message);
    if (message.phase === 'scheduled') this.scheduled.add(message);
    else if (message.phase === 'active') this.makeReady(message);
  }

  private count(message: Message, by: 1 | -1): void {
    if (message.state === 'scheduled') this.scheduledCount += by;
    else if (message.state === 'deferred') this.deferredCount += by;
    else {
      this.activeCount += by;
      if (message.session) message.session.activeCount += by;
    }
  }

  private makeReady(message: Message): void {
    const { session } = message;
    if (!session) this.ready.add(message);
    else {
      session.ready.add(message);
      this.sessionIsReady(session);
    }
    this.kernel.touch(this);
  }

  private sessionIsReady(session: Session): void {
    if (session.holder) this.sessionsToPump.add(session);
    else this.sessions.offer(session);
  }

  // Locked and back

  lock(message: Message, receiverId: string | undefined): Lock {
    advance(message, 'lock');
    const { session } = message;
    const until = session?.holder?.lockedUntil ?? this.kernel.now() + this.policy.lockDurationMs;
    const lock = new Lock(this.kernel.newId(), message, until, session);
    this.attachLock(lock);
    this.kernel.emit({
      type: 'message-locked',
      entity: this.path,
      message,
      lockToken: lock.token,
      lockedUntil: lock.lockedUntil,
      sessionId: session?.id,
      receiverId,
    });
    return lock;
  }

  /** Gives a lock back that was held before a restart. */
  restoreLock(message: Message, token: string, lockedUntil: Instant): void {
    if (message.lock) this.detachLock(message.lock);
    else advance(message, 'lock');
    this.attachLock(new Lock(token, message, lockedUntil, undefined));
  }

  renewLock(lock: Lock): Instant {
    const lockedUntil = this.kernel.now() + this.policy.lockDurationMs;
    this.locks.renew(lock, lockedUntil);
    this.kernel.emit({
      type: 'message-lock-renewed',
      entity: this.path,
      sequenceNumber: lock.message.sequenceNumber,
      lockToken: lock.token,
      lockedUntil,
    });
    return lockedUntil;
  }

  private attachLock(lock: Lock): void {
    lock.message.lock = lock;
    lock.session?.locks.add(lock);
    this.locks.add(lock);
  }

  private detachLock(lock: Lock): void {
    lock.message.lock = undefined;
    lock.session?.locks.delete(lock);
    this.locks.remove(lock);
  }

  /** The message goes back to where it was before it was locked, or on to the dead-letter queue when it had its chances. */
  giveBack(lock: Lock, reason: ReturnReason, isFailure: boolean, changes?: MessageChanges): void {
    const { message } = lock;
    // A dead letter's count says how often it had failed before: nothing in a dead-letter queue changes it (live test batchReceiver).
    const countsAsFailure = isFailure && !this.isSubQueue;
    if (countsAsFailure) message.deliveryCount += 1;
    message.addChanges(changes);
    if (countsAsFailure && message.deliveryCount >= this.policy.maxDeliveryCount) this.deadLetterExhausted(message);
    else if (message.isExpired(this.kernel.now())) this.expire(message);
    else {
      this.detachLock(lock);
      advance(message, 'return');
      this.kernel.emit({ type: 'message-returned', entity: this.path, message, reason });
      if (message.phase === 'active') this.makeReady(message);
    }
  }

  /** Deferring counts (V jsD). The first time it never dead-letters: a count over the maximum shows at the next failure (I). */
  defer(lock: Lock, changes: MessageChanges | undefined): void {
    const { message } = lock;
    const was = message.state === 'deferred' ? 'deferred' : 'active';
    message.deliveryCount += 1;
    message.addChanges(changes);
    if (was === 'deferred' && message.deliveryCount >= this.policy.maxDeliveryCount) {
      this.deadLetterExhausted(message);
      return;
    }
    this.detachLock(lock);
    this.count(message, -1);
    advance(message, 'defer');
    this.count(message, 1);
    this.kernel.emit({ type: 'message-deferred', entity: this.path, message, was });
  }

  /** Brings a restored message into the state that a later record gives it. */
  restoreState(
    message: Message,
    state: 'active' | 'deferred',
    deliveryCount: number,
    changes: MessageChanges | undefined,
  ): void {
    const wasReady = message.phase === 'active';
    if (message.lock) this.detachLock(message.lock);
    this.count(message, -1);
    message.phase = state;
    message.deliveryCount = deliveryCount;
    if (changes) {
      message.assignedId = undefined;
      message.particulars = { ...message.particulars, changes };
    }
    this.count(message, 1);
    if (state === 'active' && !wasReady) this.makeReady(message);
  }

  // Going

  remove(message: Message, reason: RemovalReason, to?: string): void {
    const was = message.state;
    if (message.lock) this.detachLock(message.lock);
    this.count(message, -1);
    advance(message, 'remove');
    this.messages.delete(message.sequenceNumber);
    if (was === 'scheduled') this.scheduled.died();
    else if (message.expiry !== undefined) this.expiring.left();
    this.bytes -= message.size;
    this.account.bytes -= message.size;
    const { session } = message;
    if (session) {
      session.messageCount -= 1;
      this.sessions.dropIfEmpty(session);
    }
    this.kernel.emit({
      type: 'message-removed',
      entity: this.path,
      sequenceNumber: message.sequenceNumber,
      was,
      reason,
      to,
    });
  }

  /** Moves a message to the dead-letter queue. Missing reason and description add no property (I, contracts §3). */
  deadLetter(
    message: Message,
    reason: string | undefined,
    description: string | undefined,
    changes?: MessageChanges,
  ): void {
    const target = this.deadLetters;
    if (!target) throw new Error(`${this.path} has no dead-letter queue.`);
    const properties: (readonly [string, { readonly type: 'string'; readonly value: string }])[] = [];
    if (reason !== undefined) properties.push(['DeadLetterReason', { type: 'string', value: reason }]);
    if (description !== undefined)
      properties.push(['DeadLetterErrorDescription', { type: 'string', value: description }]);
    message.addChanges(mergeChanges(changes, applicationChanges(properties)));
    this.remove(message, 'dead-lettered', target.path);
    target.put({
      // Copied: a few dead letters would otherwise hold the slabs of thousands of messages that are long gone.
      location: this.kernel.arena.store(message.content),
      cause: 'dead-lettered',
      from: { entity: this.path, sequenceNumber: message.sequenceNumber },
      sessionId: undefined,
      assignedId: message.assignedId,
      particulars: message.particulars,
      timeToLiveMs: undefined,
      scheduledEnqueueAt: undefined,
      kept: message,
    });
    target.lastSequenceNumber = Math.max(target.lastSequenceNumber, message.sequenceNumber);
  }

  private deadLetterExhausted(message: Message): void {
    this.deadLetter(
      message,
      'MaxDeliveryCountExceeded',
      `Message could not be consumed after ${this.policy.maxDeliveryCount} delivery attempts.`,
    );
  }

  expire(message: Message): void {
    if (this.policy.deadLettersExpired && this.deadLetters)
      this.deadLetter(message, 'TTLExpiredException', 'The message expired and was dead lettered.');
    else this.remove(message, 'expired');
  }

  // Time

  sweepLocks(): void {
    const now = this.kernel.now();
    for (let lock = this.locks.nextExpired(now); lock; lock = this.locks.nextExpired(now))
      this.giveBack(lock, 'lock-expired', true);
  }

  /** Expired messages go only while somebody receives (V dlq, exp); a locked one goes when its lock ends. */
  sweepExpired(): void {
    const now = this.kernel.now();
    for (let message = this.expiring.takeDue(now); message; message = this.expiring.takeDue(now))
      if (message.phase === 'active' || message.phase === 'deferred') this.expire(message);
  }

  activateDue(): void {
    const now = this.kernel.now();
    for (let message = this.scheduled.takeDue(now); message; message = this.scheduled.takeDue(now)) {
      this.remove(message, 'activated');
      this.onActivation(message);
    }
  }

  // Receivers

  /** Whether somebody receives: then expired messages are cleared away as they expire. */
  get hasListener(): boolean {
    return this.receivers.size > 0 || this.sessionWaiters.size > 0 || this.policy.forwardTo !== undefined;
  }

  /** Call when receivers came or went, or the policy changed. */
  listen(): void {
    const listening = this.hasListener;
    this.expiring.setArmed(listening);
    if (listening) this.sweepExpired();
  }

  setPolicy(policy: QueuePolicy): void {
    const stoppedForwarding = this.policy.forwardTo !== undefined && policy.forwardTo === undefined;
    this.policy = policy;
    // Dead letters that had no hop left were out of the line: now they can be received.
    if (stoppedForwarding && !policy.requiresSession) {
      this.ready.clear();
      for (const message of this.messages.from(0)) if (message.phase === 'active') this.ready.add(message);
    }
    this.listen();
    this.kernel.touch(this);
  }

  wantsDelivery(receiver: ReceiverLink): void {
    if (receiver.session) this.sessionsToPump.add(receiver.session);
    this.kernel.touch(this);
  }

  closeReceiver(receiver: ReceiverLink, reason: 'closed' | ReceiverLossReason): void {
    receiver.isOpen = false;
    receiver.drain();
    this.receivers.delete(receiver);
    const { session } = receiver;
    if (session?.holder?.receiver === receiver) this.releaseSession(session, 'closed');
    this.noteUse();
    this.listen();
    this.kernel.emit({ type: 'receiver-closed', entity: this.path, receiverId: receiver.id, reason });
  }

  /** Closing frees a session at once and counts nothing; the end of its lock counts as a failure (contracts §7). */
  releaseSession(session: Session, reason: 'closed' | 'expired' | 'lost'): void {
    session.holder = undefined;
    if (reason !== 'expired') this.sessionDeadlines.died();
    for (const lock of [...session.locks]) {
      if (reason === 'closed') this.giveBack(lock, 'session-closed', false);
      else this.giveBack(lock, 'session-lock-expired', true);
    }
    this.sessionsToPump.delete(session);
    this.kernel.emit({ type: 'session-released', entity: this.path, sessionId: session.id, reason });
    if (this.sessions.offer(session)) this.kernel.touch(this);
    this.sessions.dropIfEmpty(session);
  }

  /** The broker closes: no timer is left, and what is stored can still be read. */
  stop(): void {
    this.locks.stop();
    this.scheduled.setArmed(false);
    this.expiring.setArmed(false);
    this.sessionDeadlines.setArmed(false);
  }

  /** Lets everything go: the entity was deleted. */
  dispose(): void {
    this.account.bytes -= this.bytes;
    this.bytes = 0;
    this.messages.clear();
    this.ready.clear();
    this.sessions.clear();
    this.sessionsToPump.clear();
    this.credits.clear();
    this.locks.clear();
    this.scheduled.clear();
    this.expiring.clear();
    this.sessionDeadlines.clear();
  }
}
