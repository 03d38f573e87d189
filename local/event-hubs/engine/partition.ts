import type { Clock, TimerId } from '../../clock/index.ts';
import { compact } from './compaction.ts';
import type { EmitEvent, EngineEvent } from './engine-event.ts';
import type { NewEvent, Position, StoredEvent } from './event.ts';
import type { OwnershipRefusal, PositionRefusal, PublishOutcome } from './outcomes.ts';
import { contend } from './ownership.ts';
import { PartitionLog } from './partition-log.ts';
import { Reader, type ReaderListener, resolvePosition } from './reader.ts';
import { emptySegment, NEVER_ENQUEUED, type Segment, type SegmentCache } from './segment.ts';

export interface PartitionOptions {
  readonly hub: string;
  readonly index: number;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  /** What a journal brought back; `undefined`: new. */
  readonly segments: Segment[] | undefined;
  readonly segmentBytes: number;
  readonly retentionMs: number;
  readonly cleanupPolicy: 'Delete' | 'Compact';
  readonly compactionIntervalMs: number;
  readonly cache: SegmentCache;
  readonly loadSegment: (hub: string, partition: number, baseSequenceNumber: number) => StoredEvent[];
}

/** Ten blocks in a retention time: data leave at most a tenth of it late. */
const BLOCKS_PER_RETENTION = 10;

/** A partition: its log, who reads it, and what time does to it. */
export class Partition {
  readonly index: number;
  readonly log: PartitionLog;
  private readonly options: PartitionOptions;
  private readonly readers = new Map<string, Reader[]>();
  private cleanup: TimerId | undefined;
  private failure: string | undefined;

  constructor(options: PartitionOptions) {
    this.options = options;
    this.index = options.index;
    const isNew = options.segments === undefined;
    const segments = options.segments ?? [emptySegment(NEVER_ENQUEUED, 0)];
    this.log = new PartitionLog({
      segments,
      segmentBytes: options.segmentBytes,
      segmentSpanMs: options.retentionMs / BLOCKS_PER_RETENTION,
      cache: options.cache,
      loadSegment: (base) => options.loadSegment(options.hub, options.index, base),
      onSegmentStarted: (segment) => this.segmentStarted(segment),
    });
    if (isNew) this.segmentStarted(segments[0]!);
    this.scheduleCleanup();
  }

  append(events: readonly NewEvent[]): PublishOutcome {
    if (this.failure !== undefined) return { outcome: 'storage-failed', reason: this.failure };
    const stored = this.log.append(events, this.options.clock.now());
    const lastSequenceNumber = stored.at(-1)!.sequenceNumber;
    this.emit({ type: 'appended', events: stored });
    this.scheduleCleanup();
    return {
      outcome: 'appended',
      hub: this.options.hub,
      partition: this.index,
      firstSequenceNumber: stored[0]!.sequenceNumber,
      lastSequenceNumber,
      isCommitted: this.log.last.sequenceNumber >= lastSequenceNumber,
    };
  }

  /** The journal's word that events are durable: readers see them from now on. */
  commit(lastSequenceNumber: number): void {
    this.log.commit(lastSequenceNumber);
    this.emit({ type: 'committed', lastSequenceNumber });
    for (const readers of this.readers.values()) for (const reader of [...readers]) reader.listener.available();
  }

  /** The journal's word that it takes no more: what is visible stays readable, publications are refused. */
  fail(reason: string): void {
    this.failure = reason;
    this.emit({ type: 'failed', reason });
  }

  openReader(request: {
    readonly consumerGroup: string;
    readonly position: Position;
    readonly ownerLevel: number | undefined;
    readonly name: string | undefined;
    readonly listener: ReaderListener;
  }): { readonly outcome: 'opened'; readonly reader: Reader } | OwnershipRefusal | PositionRefusal {
    const { consumerGroup, ownerLevel } = request;
    const contention = contend(this.readers.get(consumerGroup) ?? [], request);
    if ('outcome' in contention) return contention;
    // Before anyone is disconnected: a reader that cannot start takes nothing over.
    const start = resolvePosition(this.log, request.position);
    if ('outcome' in start) return start;
    for (const reader of contention.stolenFrom) {
      reader.close();
      this.emit({ type: 'reader-stolen', consumerGroup, ownerLevel: reader.ownerLevel });
      reader.listener.stolen(ownerLevel!, request.name);
    }
    const reader = new Reader({ ...request, log: this.log, start, onClose: (closed) => this.forget(closed) });
    this.readers.set(consumerGroup, [...(this.readers.get(consumerGroup) ?? []), reader]);
    this.emit({ type: 'reader-opened', consumerGroup, ownerLevel });
    return { outcome: 'opened', reader };
  }

  readersOf(consumerGroup: string): readonly Reader[] {
    return this.readers.get(consumerGroup) ?? [];
  }

  /** Drops superseded events now. The engine does so by itself once an interval. */
  compactNow(): void {
    this.log.roll();
    for (const { segment, events } of compact(this.log, this.options.clock.now() - this.options.retentionMs)) {
      const { baseSequenceNumber } = segment;
      if (events.length === 0) this.emit({ type: 'segment-deleted', baseSequenceNumber });
      else this.emit({ type: 'segment-compacted', baseSequenceNumber, events });
    }
  }

  close(): void {
    this.failure ??= 'the service is shutting down';
    if (this.cleanup !== undefined) this.options.clock.clearTimer(this.cleanup);
    this.cleanup = undefined;
    for (const readers of this.readers.values()) for (const reader of [...readers]) reader.close();
  }

  private forget(closed: Reader): void {
    const { consumerGroup, ownerLevel } = closed;
    const left = this.readersOf(consumerGroup).filter((reader) => reader !== closed);
    if (left.length > 0) this.readers.set(consumerGroup, left);
    else this.readers.delete(consumerGroup);
    this.emit({ type: 'reader-closed', consumerGroup, ownerLevel });
  }

  private segmentStarted(segment: Segment): void {
    this.emit({ type: 'segment-started', previous: segment.previous, baseOffset: segment.baseOffset });
  }

  private scheduleCleanup(): void {
    if (this.cleanup !== undefined) return;
    const { clock, cleanupPolicy, retentionMs, compactionIntervalMs } = this.options;
    const oldest = this.log.oldestBlockEnqueuedAt;
    if (oldest === undefined) return;
    const dueAt = cleanupPolicy === 'Compact' ? clock.now() + compactionIntervalMs : oldest + retentionMs;
    this.cleanup = clock.setTimer(Math.max(dueAt, clock.now()), () => this.cleanUp());
  }

  private cleanUp(): void {
    this.cleanup = undefined;
    if (this.options.cleanupPolicy === 'Compact') {
      this.compactNow();
      return;
    }
    for (const segment of this.log.expire(this.options.clock.now() - this.options.retentionMs))
      this.emit({ type: 'segment-deleted', baseSequenceNumber: segment.baseSequenceNumber });
    this.scheduleCleanup();
  }

  private emit(event: WithoutPlace<EngineEvent>): void {
    this.options.emit({ hub: this.options.hub, partition: this.index, ...event } as EngineEvent);
  }
}

type WithoutPlace<T> = T extends unknown ? Omit<T, 'hub' | 'partition'> : never;
