import type { Instant } from '../../clock/clock.ts';
import type {
  Delivery,
  Outcome,
  PendingReceiver,
  ReceiveMode,
  Receiver,
  ReceiverOptions,
  StoredMessage,
} from './api.ts';
import { deletedPerCall, LIMITS } from './limits.ts';
import type { Message } from './message.ts';
import type { MessageQueue } from './message-queue.ts';
import type { Namespace, Place } from './namespace.ts';
import type { Refusal } from './outcomes.ts';
import {
  entityDisabled,
  entityNotFound,
  messageNotFound,
  refuse,
  sessionCannotBeLocked,
  sessionLockLost,
} from './refusals.ts';
import { holdSession, nextAvailableSession, openPlainReceiver, waitForSession } from './session-holds.ts';

const FORWARDS = 'Cannot create a message receiver on an entity with auto-forwarding enabled.';
const NEEDS_SESSION =
  'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.';
const HAS_NO_SESSIONS =
  'A sessionful message receiver cannot be created on an entity that does not require sessions. Ensure RequiresSession is set to true when creating a Queue or Subscription to enable sessionful behavior.';

/** Opening receivers, and what is read without one. */
export class Receiving {
  private readonly namespace: Namespace;

  constructor(namespace: Namespace) {
    this.namespace = namespace;
  }

  open(
    path: string,
    options: ReceiverOptions,
    opened: (outcome: Outcome<{ readonly receiver: Receiver }>) => void,
  ): PendingReceiver {
    const nothingToCancel: PendingReceiver = { cancel: () => {} };
    const found = this.readable(path);
    if (!found.ok) {
      opened(found);
      return nothingToCancel;
    }
    const { queue } = found.place;
    const problem = this.checkOpening(queue, options);
    if (problem) {
      opened(problem);
      return nothingToCancel;
    }
    const { kernel } = this.namespace;
    const { session } = options;
    if (!session) {
      opened({ ok: true, receiver: openPlainReceiver(kernel, queue, options) });
      return nothingToCancel;
    }
    if ('id' in session) {
      if (queue.sessions.get(session.id)?.holder) opened(sessionCannotBeLocked(queue.path, session.id));
      else opened({ ok: true, receiver: holdSession(kernel, queue, session.id, options) });
      return nothingToCancel;
    }
    const available = nextAvailableSession(kernel, queue);
    if (available) {
      opened({ ok: true, receiver: holdSession(kernel, queue, available.id, options) });
      return nothingToCancel;
    }
    found.place.entity.noteUse();
    const waiter = waitForSession(kernel, queue, options, session.timeoutMs, opened);
    return {
      cancel: () => {
        if (!queue.sessionWaiters.has(waiter)) return;
        waiter.stopWaiting();
        opened(refuse('canceled', queue.path, 'The wait for a session was called off.'));
      },
    };
  }

  receiveDeferred(
    path: string,
    sequenceNumbers: readonly number[],
    options: { readonly mode: ReceiveMode; readonly sessionId?: string },
  ): Outcome<{ readonly deliveries: readonly Delivery[] }> {
    const found = this.readable(path);
    if (!found.ok) return found;
    const { queue } = found.place;
    found.place.entity.noteUse();
    const problem = this.checkSessionHeld(queue, options.sessionId);
    if (problem) return problem;
    const messages: Message[] = [];
    for (const sequenceNumber of new Set(sequenceNumbers)) {
      const message = queue.messages.get(sequenceNumber);
      if (message?.phase === 'deferred' && message.isExpired(this.namespace.kernel.now())) queue.expire(message);
      if (message?.phase !== 'deferred' || message.sessionId !== options.sessionId)
        return messageNotFound(queue.path, sequenceNumber);
      messages.push(message);
    }
    const deliveries = messages.map((message): Delivery => {
      if (options.mode === 'receive-and-delete') {
        queue.remove(message, 'received-and-deleted');
        return { message, lockToken: undefined, lockedUntil: undefined };
      }
      const lock = queue.lock(message, undefined);
      return { message, lockToken: lock.token, lockedUntil: lock.lockedUntil };
    });
    return { ok: true, deliveries };
  }

  peek(
    path: string,
    options: { readonly fromSequenceNumber: number; readonly maxCount: number; readonly sessionId?: string },
  ): Outcome<{ readonly messages: readonly StoredMessage[] }> {
    const found = this.readable(path, { scheduledOfTopic: true });
    if (!found.ok) return found;
    const { queue } = found.place;
    found.place.entity.noteUse();
    const most = Math.min(options.maxCount, LIMITS.peekCount);
    const messages: Message[] = [];
    if (most <= 0) return { ok: true, messages };
    for (const message of queue.messages.from(Math.max(0, options.fromSequenceNumber))) {
      if (options.sessionId !== undefined && message.sessionId !== options.sessionId) continue;
      messages.push(message);
      if (messages.length === most) break;
    }
    return { ok: true, messages };
  }

  /** Unlocked active messages only: deferred and scheduled ones stay (I, contracts §11). */
  deleteMessages(
    path: string,
    options: { readonly maxCount: number; readonly enqueuedBefore: Instant; readonly sessionId?: string },
  ): Outcome<{ readonly count: number }> {
    const found = this.readable(path);
    if (!found.ok) return found;
    const { queue } = found.place;
    found.place.entity.noteUse();
    const most = deletedPerCall(this.namespace.tier);
    if (!(options.maxCount >= 1 && options.maxCount <= most))
      return refuse('argument-out-of-range', queue.path, `The message count must be from 1 to ${most}.`);
    const line = queue.policy.requiresSession ? undefined : queue.ready;
    let count = 0;
    if (line) {
      for (let message = line.peek(); message && count < options.maxCount; message = line.peek()) {
        if (message.enqueuedAt >= options.enqueuedBefore) break;
        queue.remove(message, 'deleted');
        count += 1;
      }
      return { ok: true, count };
    }
    for (const message of queue.messages.from(0)) {
      if (count === options.maxCount) break;
      if (message.phase !== 'active' || message.enqueuedAt >= options.enqueuedBefore) continue;
      if (options.sessionId !== undefined && message.sessionId !== options.sessionId) continue;
      queue.remove(message, 'deleted');
      count += 1;
    }
    return { ok: true, count };
  }

  purge(path: string): Outcome<{ readonly count: number }> {
    const place = this.namespace.find(path);
    if (!place) return entityNotFound(path);
    let count = 0;
    for (const message of place.queue.messages.from(0)) {
      if (message.lock) continue;
      place.queue.remove(message, 'purged');
      count += 1;
    }
    return { ok: true, count };
  }

  /** What a path leads a reader to. A topic has no messages to receive; its scheduled ones can be peeked. */
  readable(path: string, options: { readonly scheduledOfTopic?: true } = {}): Outcome<{ readonly place: Place }> {
    const place = this.namespace.find(path);
    if (!place) return entityNotFound(path);
    const { entity, queue } = place;
    if (entity.kind === 'topic') {
      if (place.subQueue === 'none' && !options.scheduledOfTopic) return entityNotFound(path);
      return { ok: true, place };
    }
    if (!entity.group.isReceivable) return entityDisabled(queue.path);
    // Neither received from nor browsed (V fwd).
    if (queue.policy.forwardTo !== undefined) return refuse('not-allowed', queue.path, FORWARDS);
    return { ok: true, place };
  }

  private checkOpening(queue: MessageQueue, options: ReceiverOptions): Refusal | undefined {
    const { session } = options;
    if (queue.policy.requiresSession && !session) return refuse('not-allowed', queue.path, NEEDS_SESSION);
    if (!queue.policy.requiresSession && session) return refuse('not-allowed', queue.path, HAS_NO_SESSIONS);
    if (session && 'id' in session && session.id.length > LIMITS.idLength)
      return refuse('argument-out-of-range', queue.path, `A session id has at most ${LIMITS.idLength} characters.`);
    if (queue.receivers.size + queue.sessionWaiters.size >= LIMITS.receiversPerEntity)
      return refuse('limit-exceeded', queue.path, `An entity has at most ${LIMITS.receiversPerEntity} receivers.`);
    return undefined;
  }

  /** Deferred messages of a session come only through the holder of its lock (I, contracts §6). */
  private checkSessionHeld(queue: MessageQueue, sessionId: string | undefined): Refusal | undefined {
    if (!queue.policy.requiresSession) return undefined;
    if (sessionId === undefined) return refuse('not-allowed', queue.path, NEEDS_SESSION);
    return queue.sessions.get(sessionId)?.holder ? undefined : sessionLockLost(queue.path, sessionId);
  }
}
