import type { Instant } from '../../clock/index.ts';
import type { LastEnqueued, StoredEvent } from './event.ts';

/**
 * A block of a partition's log: what retention deletes at once and what the store keeps in one file. The numbers it starts
 * with are known even when it holds nothing, so that a log whose events have all expired goes on counting.
 */
export interface Segment {
  readonly baseSequenceNumber: number;
  readonly baseOffset: number;
  /** The event before this segment, whether or not it is still retained. */
  readonly previous: LastEnqueued;
  /** One more than its last event's number; equal to the base: the segment is empty. */
  nextSequenceNumber: number;
  nextOffset: number;
  firstEnqueuedAt: Instant | undefined;
  lastEnqueuedAt: Instant | undefined;
  bytes: number;
  /** `undefined`: not in memory; the store has them. */
  events: StoredEvent[] | undefined;
}

/** What a new partition starts with. */
export const NEVER_ENQUEUED: LastEnqueued = { sequenceNumber: -1, offset: -1, enqueuedAt: undefined };

export function emptySegment(previous: LastEnqueued, baseOffset: number): Segment {
  const baseSequenceNumber = previous.sequenceNumber + 1;
  return {
    baseSequenceNumber,
    baseOffset,
    previous,
    nextSequenceNumber: baseSequenceNumber,
    nextOffset: baseOffset,
    firstEnqueuedAt: undefined,
    lastEnqueuedAt: previous.enqueuedAt,
    bytes: 0,
    events: [],
  };
}

export function isEmptySegment(segment: Segment): boolean {
  return segment.nextSequenceNumber === segment.baseSequenceNumber;
}

/** The index of the first element for which `test` holds, given that it holds for all after that one. */
export function firstIndexWhere<T>(sorted: readonly T[], test: (element: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Keeps the events of at most `budgetBytes` worth of closed segments in memory, over all partitions; those used longest ago
 * leave first. A laptop's memory does not bound how long events are retained.
 */
export class SegmentCache {
  private readonly resident = new Set<Segment>();
  private residentBytes = 0;
  private readonly budgetBytes: number;

  constructor(budgetBytes: number) {
    this.budgetBytes = budgetBytes;
  }

  /** The segment is closed, or was just loaded or read. */
  use(segment: Segment): void {
    if (this.resident.delete(segment)) this.residentBytes -= segment.bytes;
    this.resident.add(segment);
    this.residentBytes += segment.bytes;
    for (const oldest of this.resident) {
      if (this.residentBytes <= this.budgetBytes || oldest === segment) break;
      this.forget(oldest);
      oldest.events = undefined;
    }
  }

  forget(segment: Segment): void {
    if (this.resident.delete(segment)) this.residentBytes -= segment.bytes;
  }
}
