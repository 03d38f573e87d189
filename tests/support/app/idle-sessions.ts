import type { RefundMessage, RefundSession } from '../../../functions/idle-queue/drain-session.ts';
import type { RefundOrder } from '../../../shared/messages/refund-order.ts';
import type { EnvelopeOf, Parsed } from '../../../shared/messaging/envelope.ts';
import type { IdleQueue } from '../../../shared/messaging/idle-queue.ts';

type Refund = EnvelopeOf<typeof RefundOrder>;

/** A session queue in memory, as far as a drain sees one. */
export class IdleSessions implements IdleQueue<Refund> {
  readonly deadLetters: { readonly reason: string; readonly description: string }[] = [];
  readonly completed: number[] = [];
  readonly states = new Map<string, unknown>();
  readonly deliveries = new Map<number, number>();
  /** Called with the name of every step; throwing is dying there. */
  onStep: (step: string) => void = () => {};
  private readonly sessions = new Map<string, { sequenceNumber: number; received: Parsed<Refund> }[]>();
  private readonly held = new Set<string>();
  private sequence = 0;

  put(sessionId: string, received: Parsed<Refund>): this {
    const messages = this.sessions.get(sessionId) ?? [];
    messages.push({ sequenceNumber: ++this.sequence, received });
    this.sessions.set(sessionId, messages);
    return this;
  }

  get left(): number {
    return [...this.sessions.values()].reduce((sum, messages) => sum + messages.length, 0);
  }

  /** Locks of a holder that died have ended. */
  endLocks(): void {
    this.held.clear();
  }

  async acceptNextSession(): Promise<RefundSession | undefined> {
    this.onStep('accept');
    const next = [...this.sessions].find(([id, messages]) => messages.length > 0 && !this.held.has(id));
    return next && this.hold(next[0]);
  }

  private hold(sessionId: string): RefundSession {
    this.held.add(sessionId);
    return {
      sessionId,
      receive: async (maxMessages) => {
        this.onStep('receive');
        const messages = (this.sessions.get(sessionId) ?? []).slice(0, maxMessages);
        return messages.map(({ sequenceNumber, received }) => this.deliver(sessionId, sequenceNumber, received));
      },
      readState: async () => this.states.get(sessionId),
      writeState: async (state) => {
        this.onStep('write state');
        this.states.set(sessionId, state);
      },
      close: async () => void this.held.delete(sessionId),
    };
  }

  private deliver(sessionId: string, sequenceNumber: number, received: Parsed<Refund>): RefundMessage {
    this.deliveries.set(sequenceNumber, (this.deliveries.get(sequenceNumber) ?? 0) + 1);
    const remove = () => {
      const messages = this.sessions.get(sessionId) ?? [];
      this.sessions.set(
        sessionId,
        messages.filter((message) => message.sequenceNumber !== sequenceNumber),
      );
    };
    return {
      sequenceNumber,
      received,
      complete: async () => {
        this.onStep('complete');
        this.completed.push(sequenceNumber);
        remove();
      },
      abandon: async () => {},
      deadLetter: async (reason, description) => {
        this.onStep('dead-letter');
        this.deadLetters.push({ reason, description });
        remove();
      },
    };
  }
}
