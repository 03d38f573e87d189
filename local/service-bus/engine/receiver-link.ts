import type { Instant } from '../../clock/clock.ts';
import type { ReceiveMode, Receiver, ReceiverInfo, ReceiverLossReason, ReceiverOptions } from './api.ts';
import type { Kernel } from './kernel.ts';
import type { MessageQueue } from './message-queue.ts';
import type { Session } from './session.ts';

/** A receiver of an entity, or of one session of it. */
export class ReceiverLink implements Receiver {
  readonly id: string;
  readonly queue: MessageQueue;
  readonly session: Session | undefined;
  readonly options: ReceiverOptions;
  credit = 0;
  /** Raised whenever credit is taken back, so that older grants in the line count no more. */
  creditEpoch = 0;
  isOpen = true;
  private readonly kernel: Kernel;

  constructor(kernel: Kernel, queue: MessageQueue, session: Session | undefined, options: ReceiverOptions) {
    this.kernel = kernel;
    this.id = kernel.newId();
    this.queue = queue;
    this.session = session;
    this.options = options;
  }

  get entity(): string {
    return this.queue.path;
  }

  get mode(): ReceiveMode {
    return this.options.mode;
  }

  get sessionId(): string | undefined {
    return this.session?.id;
  }

  get sessionLockedUntil(): Instant | undefined {
    return this.session?.holder?.receiver === this ? this.session.holder.lockedUntil : undefined;
  }

  get info(): ReceiverInfo {
    const { id, entity, mode, sessionId, credit } = this;
    return { id, entity, mode, sessionId, credit, identifier: this.options.identifier };
  }

  setCredit(credit: number): void {
    if (!this.isOpen) return;
    this.kernel.turn(() => {
      const added = credit - this.credit;
      if (added < 0) this.creditEpoch += 1;
      this.credit = credit;
      if (added !== 0 && !this.session) this.queue.credits.grant(this, added > 0 ? added : credit);
      this.queue.noteUse();
      if (credit > 0) this.queue.wantsDelivery(this);
    });
  }

  drain(): number {
    const left = this.credit;
    this.credit = 0;
    this.creditEpoch += 1;
    return left;
  }

  close(): void {
    if (!this.isOpen) return;
    this.kernel.turn(() => this.queue.closeReceiver(this, 'closed'));
  }

  /** The broker ends the receiver and says so. */
  lose(reason: ReceiverLossReason): void {
    if (!this.isOpen) return;
    this.queue.closeReceiver(this, reason);
    this.options.onLost(reason);
  }
}
