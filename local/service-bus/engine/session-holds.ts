import type { Instant } from '../../clock/clock.ts';
import type { Outcome, Receiver, ReceiverOptions } from './api.ts';
import type { Kernel } from './kernel.ts';
import type { MessageQueue } from './message-queue.ts';
import { ReceiverLink } from './receiver-link.ts';
import type { Session, SessionHold } from './session.ts';

/** A receiver that waits for the next available session. */
export interface SessionWaiter {
  readonly options: ReceiverOptions;
  readonly opened: (outcome: Outcome<{ readonly receiver: Receiver }>) => void;
  readonly stopWaiting: () => void;
}

export interface SessionDeadline {
  readonly session: Session;
  readonly hold: SessionHold;
  readonly at: Instant;
}

function announce(kernel: Kernel, queue: MessageQueue, receiver: ReceiverLink): void {
  queue.receivers.add(receiver);
  queue.noteUse();
  kernel.emit({
    type: 'receiver-opened',
    entity: queue.path,
    receiverId: receiver.id,
    identifier: receiver.options.identifier,
    mode: receiver.mode,
    sessionId: receiver.sessionId,
  });
}

/** A receiver of an entity without sessions. */
export function openPlainReceiver(kernel: Kernel, queue: MessageQueue, options: ReceiverOptions): ReceiverLink {
  const receiver = new ReceiverLink(kernel, queue, undefined, options);
  announce(kernel, queue, receiver);
  queue.listen();
  return receiver;
}

/** Locks a free session for a new receiver. A session that nobody has heard of is locked all the same (contracts §7). */
export function holdSession(
  kernel: Kernel,
  queue: MessageQueue,
  sessionId: string,
  options: ReceiverOptions,
): ReceiverLink {
  const session = queue.sessions.ensure(sessionId);
  const receiver = new ReceiverLink(kernel, queue, session, options);
  const hold: SessionHold = { receiver, lockedUntil: kernel.now() + queue.policy.lockDurationMs };
  session.holder = hold;
  queue.sessionDeadlines.add({ session, hold, at: hold.lockedUntil });
  announce(kernel, queue, receiver);
  kernel.emit({
    type: 'session-locked',
    entity: queue.path,
    sessionId,
    lockedUntil: hold.lockedUntil,
    receiverId: receiver.id,
  });
  queue.listen();
  return receiver;
}

/** The lock of a held session runs anew from now. */
export function renewHold(kernel: Kernel, queue: MessageQueue, session: Session, hold: SessionHold): Instant {
  queue.sessionDeadlines.died();
  hold.lockedUntil = kernel.now() + queue.policy.lockDurationMs;
  queue.sessionDeadlines.add({ session, hold, at: hold.lockedUntil });
  kernel.emit({
    type: 'session-lock-renewed',
    entity: queue.path,
    sessionId: session.id,
    lockedUntil: hold.lockedUntil,
  });
  return hold.lockedUntil;
}

/** The holder loses the session; what it has not settled counts as failed. */
export function loseHold(queue: MessageQueue, session: Session, reason: 'expired' | 'lost'): void {
  const receiver = session.holder?.receiver;
  queue.releaseSession(session, reason);
  receiver?.lose('session-lock-lost');
}

export function expireSessions(kernel: Kernel, queue: MessageQueue): void {
  const now = kernel.now();
  for (let due = queue.sessionDeadlines.takeDue(now); due; due = queue.sessionDeadlines.takeDue(now)) {
    const { session, hold } = due;
    // A session lives on while its link has unused credit: observed of the service, Azure/azure-service-bus#694. A receiver
    // that waits for messages so keeps its session; one that works on its last message does not.
    if (hold.receiver.credit > 0) renewHold(kernel, queue, session, hold);
    else loseHold(queue, session, 'expired');
  }
}

/** The next session with a message that can still be delivered, expired ones being cleared away. */
export function nextAvailableSession(kernel: Kernel, queue: MessageQueue): Session | undefined {
  for (;;) {
    const session = queue.sessions.nextAvailable();
    const first = session?.ready.peek();
    if (!session || !first) return undefined;
    if (!first.isExpired(kernel.now())) return session;
    queue.expire(first);
  }
}

/** Gives sessions to those who wait, first come first served. */
export function serveSessionWaiters(kernel: Kernel, queue: MessageQueue): void {
  for (const waiter of queue.sessionWaiters) {
    const session = nextAvailableSession(kernel, queue);
    if (!session) return;
    waiter.stopWaiting();
    const receiver = holdSession(kernel, queue, session.id, waiter.options);
    waiter.opened({ ok: true, receiver });
  }
}

/** Waits for the next available session; the caller has found none. */
export function waitForSession(
  kernel: Kernel,
  queue: MessageQueue,
  options: ReceiverOptions,
  timeoutMs: number,
  opened: (outcome: Outcome<{ readonly receiver: Receiver }>) => void,
): SessionWaiter {
  const timer = kernel.clock.setTimer(kernel.now() + timeoutMs, () => {
    kernel.turn(() => {
      waiter.stopWaiting();
      opened({
        ok: false,
        outcome: 'timeout',
        entity: queue.path,
        detail: 'The operation did not complete within the allotted time: no session became available.',
      });
    });
  });
  const waiter: SessionWaiter = {
    options,
    opened,
    stopWaiting: () => {
      kernel.clock.clearTimer(timer);
      queue.sessionWaiters.delete(waiter);
      kernel.emit({ type: 'session-wait-ended', entity: queue.path, identifier: options.identifier });
      queue.listen();
    },
  };
  queue.sessionWaiters.add(waiter);
  kernel.emit({ type: 'session-wait-started', entity: queue.path, identifier: options.identifier });
  queue.listen();
  return waiter;
}
