import type { ActiveMessagesWithoutListeners } from '../../shared/messages/messages-without-listeners.ts';
import type { RefundOrder } from '../../shared/messages/refund-order.ts';
import type { EnvelopeOf } from '../../shared/messaging/envelope.ts';
import type { IdleQueue } from '../../shared/messaging/idle-queue.ts';
import type { Log } from '../../shared/messaging/triggers/handling.ts';
import type { SystemEvent } from '../../shared/messaging/wire/event-grid.ts';
import { done, type Outcome, retryLater } from '../../shared/reliability/outcome.ts';
import { topology } from '../../shared/topology.ts';
import { declaredQueue, entityOf } from './declared-queue.ts';
import { drainSession } from './drain-session.ts';
import type { RefundLedger } from './refund-ledger.ts';

/** Event Grid waits 30 s for the answer; the session at hand must be able to end within what is left. */
const budgetMs = 20_000;

/** Sessions at a time. More would only wait: a session costs a link and a few round trips. */
const sessionsAtATime = 8;

export interface DrainDependencies {
  readonly refunds: IdleQueue<EnvelopeOf<typeof RefundOrder>>;
  readonly ledger: RefundLedger;
  readonly now: () => number;
  readonly log: Log;
}

/** Event Grid says that a queue has messages and nobody listens: drains it, if it is the declared one. */
export async function drainIdleQueue(
  event: SystemEvent<typeof ActiveMessagesWithoutListeners>,
  deps: DrainDependencies,
): Promise<Outcome> {
  const { log } = deps;
  if (declaredQueue(event.data, [topology.refunds.name]) === undefined) {
    log.info(`Not drained, for it is not declared as drained by this function: ${entityOf(event.data)}.`);
    return done;
  }
  return drainRefunds(deps);
}

/**
 * Empties the queue that nobody listens to, session by session, and leaves, so that the queue is idle again and its next
 * message raises the next event. Events repeat, and two drains may run at once: a session's lock keeps them apart, and the
 * ledger makes repetition harmless. What the time does not allow raises an event again, within two minutes.
 */
export async function drainRefunds({ refunds, ledger, now, log }: DrainDependencies): Promise<Outcome> {
  const until = now() + budgetMs;
  const isTimeUp = () => now() >= until;
  let handled = 0;
  const failed: string[] = [];

  const worker = async () => {
    while (!isTimeUp()) {
      const session = await refunds.acceptNextSession();
      if (!session) return;
      try {
        const end = await drainSession(session, { ledger, isTimeUp, log });
        handled += end.handled;
        if (end.failed) {
          // Visiting it again now would burn its deliveries; it keeps them for the next event.
          failed.push(session.sessionId);
          return;
        }
      } finally {
        await session.close();
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: sessionsAtATime }, worker));
  const errors = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
  log.info(`${topology.refunds.name}: ${handled} refunds handled${isTimeUp() ? ', and the time was up' : ''}.`);
  return failed.length + errors.length === 0
    ? done
    : retryLater(`Not all refunds could be handled: ${[...failed, ...errors].join('; ')}`);
}
