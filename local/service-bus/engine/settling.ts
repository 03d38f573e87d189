import type { Instant } from '../../clock/clock.ts';
import type { InTransaction, Outcome, Settlement } from './api.ts';
import { applicationChanges } from './changes.ts';
import { LIMITS } from './limits.ts';
import type { Lock } from './locks.ts';
import type { MessageQueue } from './message-queue.ts';
import { type Namespace, rootOf } from './namespace.ts';
import type { Refusal } from './outcomes.ts';
import { entityNotFound, lockLost, OK, refuse } from './refusals.ts';
import type { Transactions } from './transactions.ts';

/** Settling and renewing by lock token (contracts §2). */
export class Settling {
  private readonly namespace: Namespace;
  private readonly transactions: Transactions;

  constructor(namespace: Namespace, transactions: Transactions) {
    this.namespace = namespace;
    this.transactions = transactions;
  }

  settle(path: string, tokens: readonly string[], settlement: Settlement, options: InTransaction): Outcome {
    const place = this.namespace.find(path);
    if (!place) return entityNotFound(path);
    const { queue } = place;
    const locks: Lock[] = [];
    for (const token of tokens.length > 1 ? new Set(tokens) : tokens) {
      const lock = queue.locks.get(token);
      // A message that a transaction settles is settled for everyone else; the transaction gives it back by rolling back.
      if (!lock || lock.transactionId !== undefined || this.isOver(lock)) return lockLost(queue.path);
      locks.push(lock);
    }
    const problem = checkSettlement(queue, settlement);
    if (problem) return problem;
    place.entity.noteUse();
    const { transaction } = options;
    if (!transaction) {
      for (const lock of locks) apply(queue, lock, settlement);
      return OK;
    }
    const result = this.transactions.enlist(transaction, rootOf(place), locks.length, {
      check: () => (locks.every((lock) => lock.isHeld) ? undefined : lockLost(queue.path)),
      commit: () => {
        for (const lock of locks) apply(queue, lock, settlement);
      },
      // The lock and its token hold on; nothing is counted (V nT; count I).
      rollback: () => {
        for (const lock of locks) lock.transactionId = undefined;
      },
    });
    if (result.ok) for (const lock of locks) lock.transactionId = transaction.transactionId;
    return result;
  }

  renew(path: string, tokens: readonly string[]): Outcome<{ readonly lockedUntil: readonly Instant[] }> {
    const place = this.namespace.find(path);
    if (!place) return entityNotFound(path);
    const { queue } = place;
    const locks: Lock[] = [];
    for (const token of tokens) {
      const lock = queue.locks.get(token);
      if (!lock || this.isOver(lock)) return lockLost(queue.path);
      if (lock.session)
        return refuse(
          'not-allowed',
          queue.path,
          'The lock of a message in a session is renewed by renewing the lock of the session.',
        );
      locks.push(lock);
    }
    place.entity.noteUse();
    return { ok: true, lockedUntil: locks.map((lock) => queue.renewLock(lock)) };
  }

  /** On a busy machine a lock's time can be over before the timer that ends it has run. */
  private isOver(lock: Lock): boolean {
    return lock.lockedUntil <= this.namespace.kernel.now() && !lock.session;
  }
}

/** Dead letters cannot be dead-lettered again; texts are at most 4096 characters (contracts §3). */
function checkSettlement(queue: MessageQueue, settlement: Settlement): Refusal | undefined {
  if (settlement.kind !== 'dead-letter') return undefined;
  if (queue.isSubQueue)
    return refuse('not-allowed', queue.path, 'A message in a dead-letter queue cannot be dead-lettered again.');
  for (const text of [settlement.reason, settlement.description])
    if (text !== undefined && text.length > LIMITS.deadLetterTextLength)
      return refuse(
        'argument-out-of-range',
        queue.path,
        `Dead-letter reason and description have at most ${LIMITS.deadLetterTextLength} characters each.`,
      );
  return undefined;
}

function apply(queue: MessageQueue, lock: Lock, settlement: Settlement): void {
  const { message } = lock;
  if (settlement.kind === 'complete') queue.remove(message, 'completed');
  else if (settlement.kind === 'release') queue.giveBack(lock, 'released', false);
  else {
    const changes = applicationChanges(settlement.propertiesToModify ?? []);
    if (settlement.kind === 'defer') queue.defer(lock, changes);
    else if (settlement.kind === 'dead-letter')
      queue.deadLetter(message, settlement.reason, settlement.description, changes);
    else queue.giveBack(lock, 'abandoned', true, changes);
  }
}
