import type { Backlog } from '../../shared/messaging/backlog.ts';
import { done, type Outcome } from '../../shared/reliability/outcome.ts';
import type { Settings } from '../../shared/settings.ts';
import { topology } from '../../shared/topology.ts';
import { type DrainDependencies, drainRefunds } from './drain-idle-queue.ts';
import { type TriageDependencies, triagedQueues, triageQueue } from './triage-dead-letters.ts';

/**
 * For a namespace that raises no events (Standard): looks whether the idle queue has messages, and the triaged queues dead
 * letters, and then does what the events would have started. On a Premium namespace it does nothing, for the events do it at once.
 *
 * @returns the first outcome that is not done; the others are tried all the same
 */
export async function pollIdleQueue({
  wakeUp,
  backlog,
  ...deps
}: DrainDependencies &
  TriageDependencies & { wakeUp: Settings['idleQueueWakeUp']; backlog: Backlog }): Promise<Outcome> {
  if (wakeUp === 'events') return done;
  const outcomes: Outcome[] = [];
  if (await backlog.hasMessages(topology.refunds.name)) outcomes.push(await drainRefunds(deps));
  for (const queue of triagedQueues) {
    if (await backlog.hasDeadLetters(queue)) outcomes.push(await triageQueue(queue, deps));
  }
  return outcomes.find(({ outcome }) => outcome !== 'done') ?? done;
}
