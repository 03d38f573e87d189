import type { Instant } from '../../clock/clock.ts';
import type { InTransaction, Outcome } from './api.ts';
import { LIMITS, maxMessageBytes } from './limits.ts';
import type { MessageQueue } from './message-queue.ts';
import { type Namespace, type Place, rootOf } from './namespace.ts';
import type { Receiving } from './receiving.ts';
import { OK, quotaExceeded, refuse, sessionLockLost } from './refusals.ts';
import type { Session } from './session.ts';
import { renewHold } from './session-holds.ts';
import type { Transactions } from './transactions.ts';

/** Stores a session's state; also used when it comes back after a restart. */
export function putSessionState(
  queue: MessageQueue,
  session: Session,
  state: Uint8Array | undefined,
  at: Instant,
): void {
  const added = (state?.length ?? 0) - (session.state?.length ?? 0);
  queue.bytes += added;
  queue.account.bytes += added;
  session.state = state;
  session.stateSetAt = at;
  queue.sessions.dropIfEmpty(session);
}

/** Renewal, state and listing of sessions (contracts §7). */
export class SessionOperations {
  private readonly namespace: Namespace;
  private readonly receiving: Receiving;
  private readonly transactions: Transactions;

  constructor(namespace: Namespace, receiving: Receiving, transactions: Transactions) {
    this.namespace = namespace;
    this.receiving = receiving;
    this.transactions = transactions;
  }

  renew(path: string, sessionId: string): Outcome<{ readonly lockedUntil: Instant }> {
    const held = this.held(path, sessionId);
    if (!held.ok) return held;
    const { place, session } = held;
    return { ok: true, lockedUntil: renewHold(this.namespace.kernel, place.queue, session, session.holder!) };
  }

  getState(path: string, sessionId: string): Outcome<{ readonly state: Uint8Array | undefined }> {
    const held = this.held(path, sessionId);
    return held.ok ? { ok: true, state: held.session.state } : held;
  }

  setState(path: string, sessionId: string, state: Uint8Array | undefined, { transaction }: InTransaction): Outcome {
    const held = this.held(path, sessionId);
    if (!held.ok) return held;
    const { place, session } = held;
    const { queue } = place;
    const { holder } = session;
    const size = state?.length ?? 0;
    const most = maxMessageBytes(this.namespace.tier, undefined);
    if (size > most)
      return refuse('message-size-exceeded', queue.path, `A session's state has at most ${most} bytes, not ${size}.`);
    if (!queue.account.hasRoomFor(size - (session.state?.length ?? 0))) return quotaExceeded('Queue', queue.path);
    const kept = state && new Uint8Array(state);
    const commit = () => {
      putSessionState(queue, session, kept, this.namespace.kernel.now());
      this.namespace.kernel.emit({ type: 'session-state-set', entity: queue.path, sessionId, state: kept });
    };
    if (transaction)
      return this.transactions.enlist(transaction, rootOf(place), 0, {
        check: () => (session.holder === holder ? undefined : sessionLockLost(queue.path, sessionId)),
        commit,
        rollback: () => {},
      });
    commit();
    return OK;
  }

  list(
    path: string,
    options: { readonly stateSetAfter?: Instant; readonly skip: number; readonly top: number },
  ): Outcome<{ readonly sessionIds: readonly string[] }> {
    const found = this.receiving.readable(path);
    if (!found.ok) return found;
    const { stateSetAfter } = options;
    const ids: string[] = [];
    for (const session of found.place.queue.sessions.values()) {
      const isListed =
        stateSetAfter === undefined
          ? session.activeCount > 0 || session.state !== undefined
          : session.state !== undefined && session.stateSetAt > stateSetAfter;
      if (isListed) ids.push(session.id);
    }
    return { ok: true, sessionIds: ids.sort().slice(options.skip, options.skip + options.top) };
  }

  /** A session that somebody holds: only then may its state be read and set (I). */
  private held(path: string, sessionId: string): Outcome<{ readonly place: Place; readonly session: Session }> {
    const found = this.receiving.readable(path);
    if (!found.ok) return found;
    const { place } = found;
    const { queue, entity } = place;
    if (!queue.policy.requiresSession)
      return refuse('not-allowed', queue.path, `'${queue.path}' does not require sessions.`);
    if (sessionId.length > LIMITS.idLength)
      return refuse('argument-out-of-range', queue.path, `A session id has at most ${LIMITS.idLength} characters.`);
    entity.noteUse();
    const session = queue.sessions.get(sessionId);
    if (!session?.holder) return sessionLockLost(queue.path, sessionId);
    return { ok: true, place, session };
  }
}
