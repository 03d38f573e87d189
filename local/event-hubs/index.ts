import { join } from 'node:path';
import type { AmqpService } from '../amqp/api.ts';
import type { Clock } from '../clock/index.ts';
import type { Log } from '../log.ts';
import type { EventHubsTopology } from '../topology/types.ts';
import { type CaptureFileEvent, type CaptureWriter, startCapture } from './capture.ts';
import { EventHubsEngine } from './engine/engine.ts';
import type { PublishRefusal } from './engine/outcomes.ts';
import { Acknowledgements } from './protocol/acknowledgements.ts';
import { type IncomingEvent, toNewEvent } from './protocol/incoming-event.ts';
import { createAmqpService } from './protocol/service.ts';
import { openSegmentStore } from './store/segment-store.ts';

export type { CaptureFileEvent, CaptureWriter } from './capture.ts';
export type { EventHubsEngine } from './engine/engine.ts';
export type { EngineEvent } from './engine/engine-event.ts';
export type { IncomingEvent } from './protocol/incoming-event.ts';

export interface EventHubsOptions {
  readonly clock: Clock;
  readonly topology: EventHubsTopology;
  /** Such as `localhost`; stands in error texts. */
  readonly namespaceName: string;
  /** `null`: everything in memory. The logs are in its folder `event-hubs`. */
  readonly dataFolder: string | null;
  /** A new UUID each time. */
  readonly newId: () => string;
  readonly log: Log;
  /** Makes a hub or consumer group when a client first names it, which Azure does not. Default: false. */
  readonly createMissing?: boolean;
}

export type DeliverOutcome =
  | { readonly delivered: true }
  | {
      readonly delivered: false;
      readonly outcome: 'NotFound' | 'PayloadTooLarge' | 'Busy' | 'BadRequest';
      readonly reason: string;
    };

export interface EventHubs {
  readonly amqp: AmqpService;
  /** For inspection and for faults to test with: {@link Hub.throttled}. */
  readonly engine: EventHubsEngine;
  /** Publishes from inside the local cloud; resolves when the event is stored, or with why it is not. */
  deliver(hub: string, event: IncomingEvent): Promise<DeliverOutcome>;
  /**
   * Starts to write the hubs that have a `captureDescription` to blobs; to be called once, when there is somewhere to write.
   * Events that came since {@link createEventHubs} are captured too.
   */
  startCapture(writer: CaptureWriter): void;
  /** Every capture file, when it is written. Returns what ends the listening. */
  onCaptureFile(listener: (event: CaptureFileEvent) => void): () => void;
  /** Ends every reader; resolves when everything accepted is on disk and no file or timer is left. */
  close(): Promise<void>;
}

const SOURCE = 'event-hubs';
const CAPTURE_NOTE = 'captured';
/** What a hub is that nobody declared. */
const DEFAULT_HUB = {
  partitionCount: 4,
  retentionMs: 24 * 3_600_000,
  cleanupPolicy: 'Delete',
  consumerGroups: ['$Default'],
} as const;
/** Of closed segments, over all partitions; what is over it is read back from its files. */
const CACHE_BYTES = 128 * 1024 * 1024;

/**
 * The Event Hubs of a local cloud, recovered from their logs.
 * @throws Error when a log on disk cannot be used, with the file's name
 */
export async function createEventHubs(options: EventHubsOptions): Promise<EventHubs> {
  const { clock, topology, log, newId, namespaceName } = options;
  const partitionOf = (hub: string, partition: number) => engine.hub(hub)!.partitions[partition]!;
  const store =
    options.dataFolder === null
      ? undefined
      : openSegmentStore({
          folder: join(options.dataFolder, 'event-hubs'),
          warn: (text) => log('warning', SOURCE, text),
          onDurable: (hub, partition, last) => partitionOf(hub, partition).commit(last),
          onFailed: (hub, partition, reason) => {
            log('error', SOURCE, `Hub ${hub}, partition ${partition} takes no more events: ${reason}`);
            partitionOf(hub, partition).fail(reason);
          },
        });
  const engine = new EventHubsEngine({
    clock,
    tier: topology.tier,
    hubs: topology.hubs,
    ...(store && {
      recover: (hub) => store.openHub(hub.name, hub.partitionCount, clock.now()),
      journal: (event) => store.record(event),
      loadSegment: store.loadSegment,
      cacheBytes: CACHE_BYTES,
    }),
  });
  const acknowledgements = new Acknowledgements();
  engine.onEvent((event) => acknowledgements.onEvent(event));
  const createMissing = (name: string, consumerGroup: string | undefined) => {
    const hub = engine.hub(name) ?? engine.createHub({ ...DEFAULT_HUB, name });
    if (consumerGroup !== undefined) hub.createConsumerGroup(consumerGroup);
  };

  // What is there before capture starts, for hubs that were never captured.
  const atStart = new Map(
    engine.hubs.map((hub) => [hub.name, hub.partitions.map(({ log }) => log.last.sequenceNumber)] as const),
  );
  const captureListeners = new Set<(event: CaptureFileEvent) => void>();
  let capture: { close(): Promise<void> } | undefined;

  return {
    engine,
    amqp: createAmqpService({
      engine,
      acknowledgements,
      context: { namespaceName, newId, now: () => clock.now() },
      ...(options.createMissing && { beforeOpen: createMissing }),
    }),

    async deliver(hubName, incoming) {
      const hub = engine.hub(hubName);
      if (!hub) return notDelivered({ outcome: 'hub-not-found', hub: hubName });
      const event = toNewEvent(incoming);
      const { partitionKey } = event;
      const outcome = hub.publish({ partitionKey, events: [event], sizeBytes: event.payload.length });
      if (outcome.outcome !== 'appended') return notDelivered(outcome);
      if (outcome.isCommitted) return { delivered: true };
      return await new Promise((resolve) => {
        acknowledgements.wait(hub.name, outcome.partition, {
          lastSequenceNumber: outcome.lastSequenceNumber,
          accept: () => resolve({ delivered: true }),
          refuse: (refusal) => resolve(notDelivered(refusal)),
        });
      });
    },

    startCapture(writer) {
      capture ??= startCapture({
        engine,
        hubs: topology.hubs,
        namespaceName,
        clock,
        newId,
        log,
        writer,
        // Capture starts with the first event after it was enabled: what was there before counts as captured.
        readPositions: (hub) =>
          (store?.readNote(hub, CAPTURE_NOTE) as readonly number[] | undefined) ?? atStart.get(hub)!,
        writePositions: async (hub, capturedUpTo) => await store?.writeNote(hub, CAPTURE_NOTE, capturedUpTo),
        onFile: (event) => {
          for (const listener of captureListeners) listener(event);
        },
      });
    },

    onCaptureFile(listener) {
      captureListeners.add(listener);
      return () => captureListeners.delete(listener);
    },

    async close() {
      await capture?.close();
      engine.close();
      await store?.close();
    },
  };
}

function notDelivered(refusal: PublishRefusal): DeliverOutcome {
  switch (refusal.outcome) {
    case 'hub-not-found':
      return { delivered: false, outcome: 'NotFound', reason: `There is no event hub '${refusal.hub}'.` };
    case 'publication-too-large':
      return {
        delivered: false,
        outcome: 'PayloadTooLarge',
        reason: `${refusal.sizeBytes} bytes are more than the ${refusal.limitBytes} that a publication may have.`,
      };
    case 'throttled':
      return { delivered: false, outcome: 'Busy', reason: 'The event hub is being throttled.' };
    case 'storage-failed':
      return { delivered: false, outcome: 'Busy', reason: `The event could not be stored: ${refusal.reason}` };
    default:
      return { delivered: false, outcome: 'BadRequest', reason: refusal.outcome };
  }
}
