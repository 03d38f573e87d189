import type { EventPosition, SubscriptionEventHandlers } from '@azure/event-hubs';
import type { EventHubsHostOptions } from '../../host-json.ts';
import { loadSdk } from '../../sdks.ts';
import { connectionName } from '../../settings.ts';
import { FunctionsHostError } from '../../types.ts';
import { problemText } from '../problem-text.ts';
import type { Trigger, TriggerContext } from '../trigger.ts';
import { PartitionWorker } from './partition-worker.ts';

const checkpointContainer = 'azure-webjobs-eventhub';
/**
 * The extension renews ownership every 30 s and lets it expire after 2 min. Shorter here, so that after a kill the next
 * start takes its partitions back within seconds; host.json can say otherwise.
 */
const loadBalancingMs = 5_000;
const ownershipExpiresMs = 20_000;

/** The Event Hubs trigger: partitions shared out through blobs, one batch at a time in each, checkpoints in blobs. */
export async function startEventHubTrigger(context: TriggerContext): Promise<Trigger> {
  const { info, clients, log } = context;
  const options = context.hostJson.extensions.eventHubs;
  const isBatch = String(info.trigger.cardinality ?? 'many').toLowerCase() !== 'one';
  const hub = context.option('eventHubName');
  const group = context.optionalOption('consumerGroup') ?? '$Default';
  const connection = context.optionalOption('connection') ?? connectionName(undefined, 'eventHubs');

  const [{ BlobCheckpointStore }, blobs] = await Promise.all([
    loadSdk('@azure/eventhubs-checkpointstore-blob'),
    clients.blobs('AzureWebJobsStorage'),
  ]);
  const container = blobs.getContainerClient(checkpointContainer);
  await container.createIfNotExists();
  const consumer = await clients.eventHubConsumer(connection, hub, group, new BlobCheckpointStore(container), {
    updateIntervalInMs: options.loadBalancingUpdateInterval ?? loadBalancingMs,
    partitionOwnershipExpirationIntervalInMs: options.partitionOwnershipExpirationInterval ?? ownershipExpiresMs,
  });

  let isStopping = false;
  let lastProblem = '';
  const workers = new Map<string, PartitionWorker>();
  const handlers: SubscriptionEventHandlers = {
    async processInitialize(partition) {
      workers.set(partition.partitionId, new PartitionWorker(context, partition, isBatch, () => isStopping));
    },
    async processEvents(events, partition) {
      // An idle minute shows as an empty batch.
      if (events.length === 0 || isStopping) return;
      await workers.get(partition.partitionId)?.add(events);
    },
    async processClose(_reason, { partitionId }) {
      const worker = workers.get(partitionId);
      workers.delete(partitionId);
      await worker?.close();
    },
    async processError(error, { partitionId }) {
      const about = partitionId ? ` partition ${partitionId}` : '';
      const problem = `Event hub ${hub}${about} (function ${info.name}): ${problemText(error)}`;
      // Another owner taking a partition is ordinary life.
      if (!isStopping && !/higher epoch|link:stolen/i.test(error.message) && problem !== lastProblem) {
        log.host('error', problem);
        lastProblem = problem;
      }
    },
  };
  const subscription = consumer.subscribe(handlers, {
    maxBatchSize: options.maxEventBatchSize,
    prefetchCount: Math.max(options.prefetchCount, options.maxEventBatchSize),
    startPosition: startPosition(options),
    skipParsingBodyAsJson: true,
  });
  return {
    async stop() {
      isStopping = true;
    },
    async close() {
      await subscription.close();
      await Promise.allSettled([...workers.values()].map((worker) => worker.close()));
      await consumer.close();
    },
  };
}

/** Where a partition without a checkpoint starts (`initialOffsetOptions`); Functions starts at the beginning. */
function startPosition({ initialOffsetOptions }: EventHubsHostOptions): EventPosition {
  switch (initialOffsetOptions.type.toLowerCase()) {
    case 'fromend':
      return { offset: '@latest' };
    case 'fromenqueuedtime': {
      const at = Date.parse(initialOffsetOptions.enqueuedTimeUtc ?? '');
      if (Number.isNaN(at)) {
        throw new FunctionsHostError(
          'host.json: initialOffsetOptions of type fromEnqueuedTime needs an enqueuedTimeUtc.',
        );
      }
      return { enqueuedOn: at };
    }
    default:
      return { offset: '-1' };
  }
}
