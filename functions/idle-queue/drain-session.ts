import { z } from 'zod';
import type { RefundOrder } from '../../shared/messages/refund-order.ts';
import type { EnvelopeOf } from '../../shared/messaging/envelope.ts';
import type { DrainedSession, SessionMessage } from '../../shared/messaging/idle-queue.ts';
import type { Log } from '../../shared/messaging/triggers/handling.ts';
import type { RefundLedger } from './refund-ledger.ts';

export type RefundMessage = SessionMessage<EnvelopeOf<typeof RefundOrder>>;
export type RefundSession = DrainedSession<EnvelopeOf<typeof RefundOrder>>;

/** The session's checkpoint: everything up to this message is paid or dead-lettered. */
const checkpoint = z.looseObject({ lastSequenceNumber: z.int() });

const batchSize = 20;

/**
 * Pays the refunds of one session (one order), in order, until it is empty, the time is up, or one cannot be paid now.
 *
 * For each batch: pay, then the checkpoint into the session state, then complete. If the process dies after a payment, the
 * ledger refuses the second one; after the checkpoint, the messages come again and are completed unseen. The checkpoint
 * saves the work, the ledger decides.
 *
 * @returns how many were handled, and whether the session has to be visited again
 */
export async function drainSession(
  session: RefundSession,
  deps: { ledger: RefundLedger; isTimeUp: () => boolean; log: Log },
): Promise<{ readonly handled: number; readonly failed: boolean }> {
  const { ledger, isTimeUp, log } = deps;
  const state = checkpoint.safeParse(await session.readState());
  let last = state.success ? state.data.lastSequenceNumber : -1;
  let paid: Map<string, number> | undefined;
  let handled = 0;

  const pay = async (message: RefundMessage): Promise<Verdict> => {
    if (message.sequenceNumber <= last) return { verdict: 'complete' };
    if (!message.received.ok) {
      return { verdict: 'dead-letter', reason: 'MalformedMessage', description: message.received.problem };
    }
    const { data } = message.received.message;
    if (data.orderId !== session.sessionId) {
      const description = `Refund ${data.refundId} is of order ${data.orderId}, but came in session ${session.sessionId}.`;
      return { verdict: 'dead-letter', reason: 'WrongSession', description };
    }
    paid ??= await ledger.paidOn(data.orderId);
    if (paid.has(data.refundId)) return { verdict: 'complete' };
    const refunded = [...paid.values()].reduce((sum, amount) => sum + amount, 0);
    if (refunded + data.amountInCents > data.orderTotalInCents) {
      const description = `Order ${data.orderId} cost ${data.orderTotalInCents}, ${refunded} were refunded already.`;
      return { verdict: 'dead-letter', reason: 'RefundExceedsOrder', description };
    }
    await ledger.pay(data);
    paid.set(data.refundId, data.amountInCents);
    return { verdict: 'complete' };
  };

  while (!isTimeUp()) {
    const batch = await session.receive(batchSize);
    if (batch.length === 0) return { handled, failed: false };
    const settled: (() => Promise<void>)[] = [];
    let failure: unknown;
    for (const message of batch) {
      try {
        const verdict = await pay(message);
        settled.push(
          verdict.verdict === 'complete'
            ? () => message.complete()
            : () => message.deadLetter(verdict.reason, verdict.description),
        );
        last = Math.max(last, message.sequenceNumber);
      } catch (error) {
        failure = error;
        break; // Those behind it wait: within an order the order counts.
      }
    }
    if (settled.length > 0) await session.writeState({ lastSequenceNumber: last });
    for (const settle of settled) await settle();
    handled += settled.length;
    if (failure !== undefined) {
      log.error(`A refund of order ${session.sessionId} could not be paid: ${String(failure)}`);
      await Promise.all(batch.slice(settled.length).map((message) => message.abandon()));
      return { handled, failed: true };
    }
  }
  return { handled, failed: false };
}

type Verdict =
  | { readonly verdict: 'complete' }
  | { readonly verdict: 'dead-letter'; readonly reason: string; readonly description: string };
