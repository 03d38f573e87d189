import type { Clients } from '../../clients.ts';
import type { QueueSignals } from '../../queue-signals.ts';
import { type BlobMessage, blobQueueName, encodeBlobMessage } from './message.ts';

/** Puts blobs into the host's own queue: from there each is tried until it is done or goes to the poison queue. */
export async function enqueueBlobs(
  services: { clients: Clients; queueSignals: QueueSignals; hostId: string },
  blobs: readonly Omit<BlobMessage, 'Type'>[],
): Promise<void> {
  const name = blobQueueName(services.hostId);
  const queue = (await services.clients.queues('AzureWebJobsStorage')).getQueueClient(name);
  for (const blob of blobs) {
    const text = encodeBlobMessage({ Type: 'BlobTrigger', ...blob });
    try {
      await queue.sendMessage(text);
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error;
      await queue.createIfNotExists();
      await queue.sendMessage(text);
    }
  }
  services.queueSignals.notify(name);
}
