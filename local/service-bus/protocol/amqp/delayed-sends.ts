import type { OutgoingLink } from '../../../amqp/api.ts';
import type { ProtocolContext } from './context.ts';

/** Sends on a link, in order, through the faults that are injected for it: late, or instead of the message an error. */
export class DelayedSends {
  private readonly context: ProtocolContext;
  private readonly path: string;
  private readonly link: OutgoingLink;
  private readonly waiting: (() => void)[] = [];
  private lastDueAt = 0;
  /** Messages that have the peer's credit but have not left yet. */
  count = 0;

  constructor(context: ProtocolContext, path: string, link: OutgoingLink) {
    this.context = context;
    this.path = path;
    this.link = link;
  }

  send(payload: Buffer, tag: Buffer): void {
    const { link } = this;
    const strike = this.context.faults.strike(this.path, 'receive');
    if (strike?.error) {
      link.close(strike.error);
      return;
    }
    if (this.count === 0 && !strike?.delayMs) {
      link.send(payload, tag);
      return;
    }
    const { clock } = this.context;
    this.lastDueAt = Math.max(this.lastDueAt, clock.now() + (strike?.delayMs ?? 0));
    this.count += 1;
    clock.setTimer(this.lastDueAt, () => {
      this.count -= 1;
      if (link.isOpen && link.credit > 0) link.send(payload, tag);
      if (this.count === 0) for (const run of this.waiting.splice(0)) run();
    });
  }

  /** Runs `then` once nothing is delayed any more. */
  afterwards(then: () => void): void {
    if (this.count === 0) then();
    else this.waiting.push(then);
  }
}
