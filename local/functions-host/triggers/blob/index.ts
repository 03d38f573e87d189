import { QueueListener } from '../queue-listener.ts';
import { listenerOptions } from '../storage-queue.ts';
import type { Trigger, TriggerContext } from '../trigger.ts';
import { blobPoisonQueue, blobQueueName, decodeBlobMessage } from './message.ts';
import { startBlobScan } from './scan.ts';
import { isEventGridBlobTrigger } from './webhook.ts';
import { runOnBlob } from './work.ts';

/**
 * The blob trigger. Blobs come in by Event Grid (webhook.ts) or by a scan of the container (scan.ts); either way through the
 * host's own queue, which tries each up to `poisonBlobThreshold` times.
 *
 * All blob functions of a host share that queue: the first to start listens for all of them.
 */
export async function startBlobTrigger(context: TriggerContext): Promise<Trigger> {
  const shared = sharedListener(context);
  await shared.started;
  const scan = isEventGridBlobTrigger(context.info) ? undefined : startBlobScan(context);
  return {
    async stop() {
      // The app may be loaded anew: its functions then share a new listener.
      listeners.delete(context.queueSignals);
      await Promise.all([scan?.stop(), (await shared.started).stop()]);
    },
    async close() {
      await Promise.all([scan?.close(), (await shared.started).drained()]);
    },
  };
}

interface SharedListener {
  readonly contexts: Map<string, TriggerContext>;
  readonly started: Promise<QueueListener>;
}

const listeners = new WeakMap<object, SharedListener>();

function sharedListener(context: TriggerContext): SharedListener {
  const key = context.queueSignals;
  let shared = listeners.get(key);
  if (!shared) {
    const contexts = new Map<string, TriggerContext>();
    shared = { contexts, started: startListener(context, contexts) };
    listeners.set(key, shared);
  }
  shared.contexts.set(`Host.Functions.${context.info.name}`, context);
  return shared;
}

async function startListener(
  context: TriggerContext,
  contexts: ReadonlyMap<string, TriggerContext>,
): Promise<QueueListener> {
  const { clients, hostJson, hostId, log, queueSignals, random } = context;
  const service = await clients.queues('AzureWebJobsStorage');
  return new QueueListener({
    queue: service.getQueueClient(blobQueueName(hostId)),
    poisonQueue: service.getQueueClient(blobPoisonQueue),
    ...listenerOptions(hostJson.extensions.queues),
    maxDequeueCount: hostJson.extensions.blobs.poisonBlobThreshold,
    log,
    signals: queueSignals,
    random,
    async work(message) {
      const blob = decodeBlobMessage(message.messageText);
      if (!blob) return 'unreadable';
      const meant = contexts.get(blob.FunctionId);
      // The function is not there any more: the real host drops such a message.
      if (!meant) return 'done';
      try {
        const outcome = await runOnBlob(meant, blob.ContainerName, blob.BlobName);
        return outcome === 'succeeded' || outcome === 'gone' ? 'done' : outcome;
      } catch (error) {
        log.host('error', `Blob ${blob.ContainerName}/${blob.BlobName} cannot be read: ${(error as Error).message}`);
        return 'failed';
      }
    },
  });
}
