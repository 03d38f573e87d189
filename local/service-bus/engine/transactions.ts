import type { Clock, TimerId } from '../../clock/clock.ts';
import type { Outcome, TransactionReference } from './api.ts';
import type { Kernel } from './kernel.ts';
import { LIMITS } from './limits.ts';
import type { Refusal } from './outcomes.ts';
import { OK, refuse } from './refusals.ts';

/** An operation that waits for its transaction. */
export interface EnlistedOperation {
  /** Whether it can still be done, asked just before the commit. */
  check(): Refusal | undefined;
  commit(): void;
  rollback(): void;
}

interface Transaction {
  readonly id: string;
  readonly scopeId: string;
  readonly operations: EnlistedOperation[];
  /** The queue or topic that the first operation named: all others must name it too (contracts §13). */
  root: string | undefined;
  messageCount: number;
  /** Runs from the first operation. */
  timer: TimerId | undefined;
  /** Why it can only be rolled back. */
  failure: string | undefined;
}

/** Open transactions, each bound to the connection that declared it. Nothing of an open transaction is stored. */
export class Transactions {
  private readonly kernel: Kernel;
  private readonly clock: Clock;
  private readonly open = new Map<string, Transaction>();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.clock = kernel.clock;
  }

  declare(scopeId: string): string {
    const id = this.kernel.newId();
    this.open.set(id, {
      id,
      scopeId,
      operations: [],
      root: undefined,
      messageCount: 0,
      timer: undefined,
      failure: undefined,
    });
    this.kernel.emit({ type: 'transaction-declared', entity: '', transactionId: id });
    return id;
  }

  /** Adds an operation that concerns `messageCount` messages of the queue or topic `root`. */
  enlist(reference: TransactionReference, root: string, messageCount: number, operation: EnlistedOperation): Outcome {
    const found = this.find(reference);
    if (!found.ok) return found;
    const { transaction } = found;
    transaction.root ??= root;
    if (transaction.root.toLowerCase() !== root.toLowerCase())
      return refuse(
        'not-allowed',
        root,
        `A transaction on '${transaction.root}' cannot reach '${root}': send by way of '${transaction.root}' instead.`,
      );
    transaction.messageCount += messageCount;
    if (transaction.messageCount > LIMITS.transactionMessages) {
      transaction.failure = `A transaction has at most ${LIMITS.transactionMessages} messages.`;
      return refuse('transaction-failed', root, transaction.failure);
    }
    transaction.operations.push(operation);
    transaction.timer ??= this.clock.setTimer(this.clock.now() + LIMITS.transactionMs, () =>
      this.kernel.turn(() => this.rollback(transaction, 'timed-out')),
    );
    return OK;
  }

  discharge(reference: TransactionReference, fail: boolean): Outcome {
    const found = this.find(reference);
    if (!found.ok) return found;
    const { transaction } = found;
    if (fail) {
      this.rollback(transaction, 'rolled-back');
      return OK;
    }
    let failure = transaction.failure;
    for (const operation of transaction.operations) failure ??= operation.check()?.detail;
    if (failure !== undefined) {
      this.rollback(transaction, 'rolled-back');
      return refuse('transaction-failed', transaction.root ?? '', failure);
    }
    this.end(transaction, 'committed');
    for (const operation of transaction.operations) operation.commit();
    return OK;
  }

  endScope(scopeId: string): void {
    for (const transaction of this.open.values())
      if (transaction.scopeId === scopeId) this.rollback(transaction, 'rolled-back');
  }

  close(): void {
    for (const { timer } of this.open.values()) if (timer !== undefined) this.clock.clearTimer(timer);
    this.open.clear();
  }

  private find(reference: TransactionReference): Outcome<{ readonly transaction: Transaction }> {
    const transaction = this.open.get(reference.transactionId);
    // Of another connection: as if it were not there (V nT).
    if (!transaction || transaction.scopeId !== reference.scopeId)
      return refuse('transaction-not-found', '', `The transaction '${reference.transactionId}' is not open here.`);
    return { ok: true, transaction };
  }

  private rollback(transaction: Transaction, result: 'rolled-back' | 'timed-out'): void {
    this.end(transaction, result);
    for (const operation of transaction.operations.reverse()) operation.rollback();
  }

  private end(transaction: Transaction, result: 'committed' | 'rolled-back' | 'timed-out'): void {
    this.open.delete(transaction.id);
    if (transaction.timer !== undefined) this.clock.clearTimer(transaction.timer);
    this.kernel.emit({ type: 'transaction-ended', entity: '', transactionId: transaction.id, result });
  }
}
