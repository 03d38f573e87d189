import { tracedHandling } from '../../observability/tracing.ts';
import { type Outcome, settleByFailing } from '../../reliability/outcome.ts';
import { poisonQueueName, type StorageQueue } from '../../topology/storage.ts';
import type { EnvelopeOf } from '../envelope.ts';
import { fromQueueEntry } from '../wire/storage-queue.ts';
import type { Handle, Invocation } from './handling.ts';

export const storageConnection = 'AzureWebJobsStorage';

/**
 * Options of `app.storageQueue` for a declared queue. A Storage queue has no dead-letter queue: what a handler calls a dead
 * letter goes to the poison queue at once (`sendToPoison`), rather than after five attempts that cannot help. What fails
 * goes there by the host, after `maxDequeueCount`.
 */
export function onStorageQueue<Q extends StorageQueue & { readonly consumer: string }>(
  queue: Q,
  handle: Handle<EnvelopeOf<Q['message']>>,
  sendToPoison: (message: EnvelopeOf<Q['message']>) => Promise<void>,
) {
  return {
    connection: storageConnection,
    queueName: queue.name,
    handler: async (entry: unknown, invocation: Invocation): Promise<void> => {
      const received = fromQueueEntry(queue.message, entry);
      if (!received.ok) throw new Error(received.problem);
      const message = received.message as EnvelopeOf<Q['message']>;
      const of = { system: 'azure_storage_queue', entity: queue.name };
      await tracedHandling(of, message, invocation.traceContext?.traceParent, async () => {
        const outcome: Outcome = await handle(message, invocation);
        if (outcome.outcome !== 'dead-letter') return settleByFailing(outcome);
        const { reason, description } = outcome;
        invocation.warn(`${reason}: ${description} The message goes to ${poisonQueueName(queue.name)}.`);
        await sendToPoison(message);
      });
    },
  };
}

/** Options of `app.storageQueue` for the poison queue of a declared queue: the last stop, so it must take anything. */
export function onPoisonQueue<Q extends StorageQueue & { readonly poisonConsumer: string }>(
  queue: Q,
  handle: Handle<EnvelopeOf<Q['message']>>,
) {
  return {
    connection: storageConnection,
    queueName: poisonQueueName(queue.name),
    handler: async (entry: unknown, invocation: Invocation): Promise<void> => {
      const received = fromQueueEntry(queue.message, entry);
      if (received.ok) {
        const message = received.message as EnvelopeOf<Q['message']>;
        const of = { system: 'azure_storage_queue', entity: poisonQueueName(queue.name) };
        return tracedHandling(of, message, invocation.traceContext?.traceParent, async () =>
          settleByFailing(await handle(message, invocation)),
        );
      }
      // Failing would end in `<queue>-poison-poison`, where nobody looks; the log and its alert are where people look.
      invocation.error(`${received.problem} It is dropped: ${JSON.stringify(entry)}`);
    },
  };
}
