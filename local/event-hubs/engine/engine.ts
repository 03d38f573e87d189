import type { Clock, Instant } from '../../clock/index.ts';
import type { EngineEvent } from './engine-event.ts';
import type { StoredEvent } from './event.ts';
import { Hub } from './hub.ts';
import { Partition } from './partition.ts';
import { type Segment, SegmentCache } from './segment.ts';

export interface HubSettings {
  readonly name: string;
  readonly partitionCount: number;
  readonly retentionMs: number;
  readonly cleanupPolicy: 'Delete' | 'Compact';
  readonly consumerGroups: readonly string[];
}

/** What a journal found when it was opened. */
export interface RecoveredHub {
  readonly createdAt: Instant;
  /** By partition; `undefined`: a new partition. */
  readonly partitions: readonly (Segment[] | undefined)[];
}

export interface EngineOptions {
  readonly clock: Clock;
  readonly tier: 'Basic' | 'Standard' | 'Premium' | 'Dedicated';
  readonly hubs: readonly HubSettings[];
  /** What the journal knows of a hub; asked once, before the hub's first event. */
  readonly recover?: (hub: HubSettings) => RecoveredHub;
  /** With a journal, closed segments over this leave memory. Default: everything stays. */
  readonly cacheBytes?: number;
  readonly loadSegment?: (hub: string, partition: number, baseSequenceNumber: number) => StoredEvent[];
  /** Sees everything from the first event on; more can {@link EventHubsEngine.onEvent listen} later. */
  readonly journal?: (event: EngineEvent) => void;
  readonly segmentBytes?: number;
  readonly compactionIntervalMs?: number;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;
const COMPACTION_INTERVAL_MS = 60_000;

/** Event Hubs' rules with nothing of a wire or a disk: hubs, and one stream of what happens in them. */
export class EventHubsEngine {
  private readonly options: EngineOptions;
  private readonly cache: SegmentCache;
  private readonly byName = new Map<string, Hub>();
  private readonly listeners = new Set<(event: EngineEvent) => void>();

  constructor(options: EngineOptions) {
    if (options.journal) this.listeners.add(options.journal);
    this.options = options;
    this.cache = new SegmentCache(options.cacheBytes ?? Number.POSITIVE_INFINITY);
    for (const settings of options.hubs) this.createHub(settings);
  }

  get hubs(): readonly Hub[] {
    return [...this.byName.values()];
  }

  /** @param name in any letter case */
  hub(name: string): Hub | undefined {
    return this.byName.get(name.toLowerCase());
  }

  /** @returns what ends the listening */
  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Makes a hub; its name must be new. */
  createHub(settings: HubSettings): Hub {
    const hub = this.buildHub(settings);
    this.byName.set(hub.name.toLowerCase(), hub);
    return hub;
  }

  /** Ends all readers and timers and takes no more publications. What the journal still commits is still told. */
  close(): void {
    for (const hub of this.hubs) for (const partition of hub.partitions) partition.close();
  }

  private commitAtOnce(event: Extract<EngineEvent, { type: 'appended' }>): void {
    this.byName.get(event.hub.toLowerCase())?.partitions[event.partition]?.commit(event.events.at(-1)!.sequenceNumber);
  }

  private buildHub(settings: HubSettings): Hub {
    const { options, cache } = this;
    const { name, partitionCount, retentionMs, cleanupPolicy } = settings;
    const recovered = options.recover?.(settings);
    const emit = (event: EngineEvent) => {
      for (const listener of this.listeners) listener(event);
      // Without a journal there is nothing to wait for.
      if (!options.journal && event.type === 'appended') this.commitAtOnce(event);
    };
    const partitions = Array.from({ length: partitionCount }, (_, index) => {
      return new Partition({
        hub: name,
        index,
        clock: options.clock,
        emit,
        segments: recovered?.partitions[index],
        segmentBytes: options.segmentBytes ?? SEGMENT_BYTES,
        retentionMs,
        cleanupPolicy,
        compactionIntervalMs: options.compactionIntervalMs ?? COMPACTION_INTERVAL_MS,
        cache,
        loadSegment: options.loadSegment ?? notStored,
      });
    });
    return new Hub({
      name,
      createdAt: recovered?.createdAt ?? options.clock.now(),
      consumerGroups: withDefaultGroup(settings.consumerGroups),
      partitions,
      maxPublicationBytes: options.tier === 'Basic' ? 256 * 1024 : 1024 * 1024,
    });
  }
}

function notStored(): never {
  throw new Error('Nothing leaves memory without a journal to load it from.');
}

function withDefaultGroup(declared: readonly string[]): readonly string[] {
  return declared.some((group) => group.toLowerCase() === '$default') ? declared : ['$Default', ...declared];
}
