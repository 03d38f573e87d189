import { EventEmitter, once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../local/clock/index.ts';
import { EventHubsEngine, type HubSettings } from '../../../local/event-hubs/engine/engine.ts';
import type { EngineEvent } from '../../../local/event-hubs/engine/engine-event.ts';
import type { Hub } from '../../../local/event-hubs/engine/hub.ts';
import { openSegmentStore, type SegmentStore } from '../../../local/event-hubs/store/segment-store.ts';
import { HOUR_MS } from './hub-under-test.ts';

export interface StoredHub {
  readonly folder: string;
  readonly clock: VirtualClock;
  readonly engine: EventHubsEngine;
  readonly hub: Hub;
  readonly store: SegmentStore;
  readonly warnings: string[];
  /** Resolves when the partition has committed that number. */
  committed(partition: number, sequenceNumber: number): Promise<void>;
  close(): Promise<void>;
}

export async function newFolder(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'crossover-event-hubs-'));
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** A copy of the files as they are at this moment: what a killed process leaves. */
export async function copyOf(folder: string): Promise<string> {
  const copy = await newFolder();
  await cp(folder, copy, { recursive: true });
  return copy;
}

/** The hub `orders` with its log in a folder. */
export async function openStoredHub(
  folder: string,
  options: {
    settings?: Partial<HubSettings>;
    clock?: VirtualClock;
    segmentBytes?: number;
    cacheBytes?: number;
  } = {},
): Promise<StoredHub> {
  const clock = options.clock ?? new VirtualClock();
  const settings: HubSettings = {
    name: 'orders',
    partitionCount: 2,
    retentionMs: HOUR_MS,
    cleanupPolicy: 'Delete',
    consumerGroups: ['$Default'],
    ...options.settings,
  };
  const warnings: string[] = [];
  const progress = new EventEmitter();
  const partitionOf = (index: number) => engine.hub('orders')!.partitions[index]!;
  const store = openSegmentStore({
    folder,
    warn: (text) => warnings.push(text),
    onDurable: (_, partition, last) => partitionOf(partition).commit(last),
    onFailed: (_, partition, reason) => partitionOf(partition).fail(reason),
  });
  const engine = new EventHubsEngine({
    clock,
    tier: 'Standard',
    hubs: [settings],
    recover: (hub) => store.openHub(hub.name, hub.partitionCount, clock.now()),
    journal: (event: EngineEvent) => store.record(event),
    loadSegment: store.loadSegment,
    segmentBytes: options.segmentBytes,
    cacheBytes: options.cacheBytes,
  });
  engine.onEvent((event) => {
    if (event.type === 'committed') progress.emit('committed');
  });
  const hub = engine.hub('orders')!;
  return {
    folder,
    clock,
    engine,
    hub,
    store,
    warnings,
    async committed(partition, sequenceNumber) {
      while (hub.partitions[partition]!.log.last.sequenceNumber < sequenceNumber) await once(progress, 'committed');
    },
    async close() {
      engine.close();
      await store.close();
    },
  };
}
