import type { PressServiceRequested } from '../../shared/messages/press-service-requested.ts';
import type { RestockRequested } from '../../shared/messages/restock-requested.ts';
import type { EnvelopeOf } from '../../shared/messaging/envelope.ts';
import type { Log } from '../../shared/messaging/triggers/handling.ts';
import { done, type Outcome } from '../../shared/reliability/outcome.ts';
import { type Rows, toKey } from '../../shared/storage/rows.ts';

/**
 * Runs a command that came as an event. The operation's row is its effect: it can be inserted once, so a command that comes
 * again (Event Grid and Service Bus both deliver at least once) finds it done.
 */
export async function runOperation(
  message: EnvelopeOf<typeof RestockRequested | typeof PressServiceRequested>,
  { operations, now, log }: { operations: Rows; now: () => number; log: Log },
): Promise<Outcome> {
  const { operationId } = message.data;
  const { outcome } = await operations.insert({
    partitionKey: toKey(operationId),
    rowKey: 'operation',
    operationId,
    type: message.type,
    correlationId: message.correlationId,
    ranAt: new Date(now()).toISOString(),
    ...planned(message),
  });
  log.info(`Operation ${operationId} (${message.type}) ${outcome === 'inserted' ? 'ran' : 'had run before'}.`);
  return done;
}

function planned(message: EnvelopeOf<typeof RestockRequested | typeof PressServiceRequested>) {
  switch (message.type) {
    case 'Operations.RestockRequested':
      return { status: 'ordered', material: message.data.material, quantity: message.data.quantity };
    case 'Operations.PressServiceRequested':
      return { status: 'scheduled', press: message.data.press, task: message.data.task };
  }
}
