import { AlertRaised } from '../../shared/messages/alert-raised.ts';
import type { DeadLettersWithoutListeners } from '../../shared/messages/messages-without-listeners.ts';
import type { DeadLetter, DeadLetters } from '../../shared/messaging/dead-letters.ts';
import { derivedId } from '../../shared/messaging/derived-id.ts';
import { envelope } from '../../shared/messaging/envelope.ts';
import type { Messaging } from '../../shared/messaging/messaging.ts';
import type { Log } from '../../shared/messaging/triggers/handling.ts';
import type { SystemEvent } from '../../shared/messaging/wire/event-grid.ts';
import { done, type Outcome } from '../../shared/reliability/outcome.ts';
import { type Rows, toKey } from '../../shared/storage/rows.ts';
import { type Declaration, entitiesOf } from '../../shared/topology/declaration.ts';
import { topology } from '../../shared/topology.ts';
import { declaredQueue, entityOf } from './declared-queue.ts';

const budgetMs = 20_000;

/** The declared queues whose dead letters this function triages. */
export const triagedQueues: readonly string[] = entitiesOf(topology as Declaration, 'serviceBusQueue')
  .filter(({ deadLettersTriagedBy }) => deadLettersTriagedBy === 'triage-dead-letters')
  .map(({ name }) => name);

/**
 * What to do with a dead letter. One that failed too often gets one more round: what failed (a table, a mail server) may be
 * well again. One that was refused for what it says would be refused again: a person has to look.
 */
export function verdictOn({
  reason,
  resubmissions,
}: Pick<DeadLetter, 'reason' | 'resubmissions'>): 'resubmit' | 'park' {
  return reason === 'MaxDeliveryCountExceeded' && resubmissions === 0 ? 'resubmit' : 'park';
}

export interface TriageDependencies {
  readonly deadLetters: DeadLetters;
  readonly parked: Rows;
  readonly messaging: Pick<Messaging, 'publish'>;
  readonly now: () => number;
  readonly log: Log;
}

/** Event Grid says that a queue has dead letters and nobody listens to them: triages it, if that is declared. */
export async function triageDeadLetters(
  event: SystemEvent<typeof DeadLettersWithoutListeners>,
  deps: TriageDependencies,
): Promise<Outcome> {
  const { log } = deps;
  const queue = declaredQueue(event.data, triagedQueues);
  if (queue === undefined) {
    log.info(`Not triaged, for it is not declared as triaged by this function: ${entityOf(event.data)}.`);
    return done;
  }
  return triageQueue(queue, deps);
}

/**
 * Empties a dead-letter queue that nobody listens to: sends back what deserves another round, parks the rest in a table and
 * raises an alert. A dead-letter queue in which nobody looks is where messages are lost politely.
 */
export async function triageQueue(queue: string, deps: TriageDependencies): Promise<Outcome> {
  const { deadLetters, now, log } = deps;
  const until = now() + budgetMs;
  const count = { resubmit: 0, park: 0 };
  await deadLetters.forEach(
    queue,
    () => now() >= until,
    async (letter) => {
      const verdict = verdictOn(letter);
      if (verdict === 'resubmit') await letter.resubmit();
      else await park(queue, letter, deps);
      await letter.remove();
      count[verdict] += 1;
    },
  );
  log.info(`Dead letters of ${queue}: ${count.resubmit} sent back, ${count.park} parked.`);
  return done;
}

/** The row and the alert carry ids that follow from the letter, so that parking it twice is parking it once. */
async function park(
  queue: string,
  letter: DeadLetter,
  { parked, messaging, now }: { parked: Rows; messaging: Pick<Messaging, 'publish'>; now: () => number },
): Promise<void> {
  const { messageId, sequenceNumber, reason, description, deliveryCount, resubmissions, body } = letter;
  const rowKey = toKey(`${String(sequenceNumber).padStart(20, '0')} ${messageId}`);
  await parked.put({
    partitionKey: toKey(queue),
    rowKey,
    messageId,
    reason,
    description,
    deliveryCount,
    resubmissions,
    body: body.slice(0, maximumBodyCharacters),
    parkedAt: new Date(now()).toISOString(),
  });
  const alertId = derivedId('dead-letter', queue, rowKey);
  const cause = {
    id: messageId || alertId,
    correlationId: letter.correlationId || alertId,
    traceparent: letter.traceparent,
  };
  const title = `A message of ${queue} needs a person: ${reason || 'no reason given'}`;
  const text = `${description}\n\nMessage ${messageId}, table deadLetters, row ${rowKey}.`;
  const alert = envelope(AlertRaised, { alertId, severity: 'high', title, text }, { id: alertId, cause });
  await messaging.publish(topology.operations, `dead-letters/${queue}`, alert);
}

/** A string property of a table holds 64 KiB of UTF-16, an entity 1 MiB. */
const maximumBodyCharacters = 30_000;
