import { Fifo } from './fifo.ts';
import type { ReceiverLink } from './receiver-link.ts';

interface Grant {
  readonly receiver: ReceiverLink;
  readonly epoch: number;
  left: number;
}

/** Credit in the order in which it came, across all receivers of an entity (contracts §2). */
export class CreditLine {
  private readonly grants = new Fifo<Grant>();

  grant(receiver: ReceiverLink, credit: number): void {
    this.grants.push({ receiver, epoch: receiver.creditEpoch, left: credit });
  }

  /** The receiver whose credit is next; undefined when nobody has any. */
  peek(): ReceiverLink | undefined {
    for (let grant = this.grants.peek(); grant; grant = this.grants.peek()) {
      if (grant.left > 0 && grant.epoch === grant.receiver.creditEpoch && grant.receiver.credit > 0)
        return grant.receiver;
      this.grants.shift();
    }
    return undefined;
  }

  /** Uses one credit of the receiver that {@link peek} named. */
  use(): void {
    const grant = this.grants.peek();
    if (grant) grant.left -= 1;
  }

  clear(): void {
    this.grants.clear();
  }
}
