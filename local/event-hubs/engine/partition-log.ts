import type { Instant } from '../../clock/index.ts';
import { type LastEnqueued, type NewEvent, type StoredEvent, sizeOf } from './event.ts';
import { KeptBytes } from './kept-bytes.ts';
import { emptySegment, firstIndexWhere, isEmptySegment, type Segment, type SegmentCache } from './segment.ts';

export interface PartitionLogOptions {
  /** Rising; never empty: the last one is open. */
  readonly segments: Segment[];
  readonly segmentBytes: number;
  /** A segment whose first event is older than this is closed, so that retention can delete it in time. */
  readonly segmentSpanMs: number;
  readonly cache: SegmentCache;
  /** Brings back the events of a closed segment. */
  readonly loadSegment: (baseSequenceNumber: number) => StoredEvent[];
  readonly onSegmentStarted: (segment: Segment) => void;
}

/**
 * One partition's events in order. Appended is not committed: until the journal says so, an event has its number but nobody
 * sees it. Reading is by sequence number; compaction leaves gaps in the numbers.
 */
export class PartitionLog {
  private readonly segments: Segment[];
  private readonly options: PartitionLogOptions;
  private committed: LastEnqueued;
  private appended: LastEnqueued;
  private readonly uncommitted: LastEnqueued[] = [];
  /** Closed, and not durable to their end: they stay in memory until they are. */
  private readonly closing: Segment[] = [];

  constructor(options: PartitionLogOptions) {
    this.options = options;
    this.segments = options.segments;
    this.committed = this.openSegment.events?.at(-1) ?? this.openSegment.previous;
    this.appended = this.committed;
  }

  private get openSegment(): Segment {
    return this.segments.at(-1)!;
  }

  /** The newest durable event. */
  get last(): LastEnqueued {
    return this.committed;
  }

  /** The first retained event's number; {@link last}'s own when nothing is retained; 0 when nothing ever came. */
  get beginSequenceNumber(): number {
    const first = this.segments.find((segment) => !isEmptySegment(segment));
    if (first && first.baseSequenceNumber <= this.committed.sequenceNumber) return first.baseSequenceNumber;
    return Math.max(this.committed.sequenceNumber, 0);
  }

  get isEmpty(): boolean {
    const first = this.segments.find((segment) => !isEmptySegment(segment));
    return first === undefined || first.baseSequenceNumber > this.committed.sequenceNumber;
  }

  get retainedBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Gives the events their numbers and keeps copies of their bytes. They are visible after {@link commit}. */
  append(events: readonly NewEvent[], now: Instant): readonly StoredEvent[] {
    const segment = this.segmentFor(now);
    // The machine's clock may go back; enqueued times do not, or reading from a time would miss events.
    const enqueuedAt = Math.max(now, segment.lastEnqueuedAt ?? now);
    const kept = new KeptBytes(events.reduce((sum, { head, payload }) => sum + head.length + payload.length, 0));
    const stored = events.map((event): StoredEvent => {
      const place = { sequenceNumber: segment.nextSequenceNumber, offset: segment.nextOffset, enqueuedAt };
      const size = sizeOf(event);
      segment.nextSequenceNumber += 1;
      segment.nextOffset += size;
      segment.bytes += size;
      const { partitionKey, isTombstone, head, payload } = event;
      return { ...place, partitionKey, isTombstone, head: kept.keep(head), payload: kept.keep(payload) };
    });
    segment.firstEnqueuedAt ??= enqueuedAt;
    segment.lastEnqueuedAt = enqueuedAt;
    for (const event of stored) segment.events!.push(event);
    const last = stored.at(-1)!;
    this.appended = { sequenceNumber: last.sequenceNumber, offset: last.offset, enqueuedAt };
    this.uncommitted.push(this.appended);
    return stored;
  }

  commit(lastSequenceNumber: number): void {
    while (this.uncommitted.length > 0 && this.uncommitted[0]!.sequenceNumber <= lastSequenceNumber)
      this.committed = this.uncommitted.shift()!;
    while (this.closing.length > 0 && this.isCommitted(this.closing[0]!)) this.options.cache.use(this.closing.shift()!);
  }

  private isCommitted(segment: Segment): boolean {
    return segment.nextSequenceNumber - 1 <= this.committed.sequenceNumber;
  }

  /** Up to `count` visible events from a number on; the first retained one where that number has gone. */
  read(fromSequenceNumber: number, count: number): StoredEvent[] {
    const found: StoredEvent[] = [];
    let index = firstIndexWhere(this.segments, (segment) => segment.nextSequenceNumber > fromSequenceNumber);
    for (; index < this.segments.length && found.length < count; index += 1) {
      const events = this.eventsOf(this.segments[index]!);
      let at = firstIndexWhere(events, (event) => event.sequenceNumber >= fromSequenceNumber);
      for (; at < events.length && found.length < count; at += 1) {
        const event = events[at]!;
        if (event.sequenceNumber > this.committed.sequenceNumber) return found;
        found.push(event);
      }
    }
    return found;
  }

  /** The number of the first event for which `test` holds, or the next one to come. `test` rises along the log. */
  find(segmentMayHold: (segment: Segment) => boolean, test: (event: StoredEvent) => boolean): number {
    const index = firstIndexWhere(this.segments, segmentMayHold);
    for (const segment of this.segments.slice(index)) {
      const events = this.eventsOf(segment);
      const event = events[firstIndexWhere(events, test)];
      if (event) return event.sequenceNumber;
    }
    return this.openSegment.nextSequenceNumber;
  }

  /** The oldest block's newest time: what retention waits for. `undefined`: nothing to expire. */
  get oldestBlockEnqueuedAt(): Instant | undefined {
    const first = this.segments[0]!;
    return isEmptySegment(first) ? undefined : first.lastEnqueuedAt;
  }

  /** Takes out whole segments whose last event was enqueued at or before `expiredAt`. */
  expire(expiredAt: Instant): readonly Segment[] {
    const expired: Segment[] = [];
    for (;;) {
      const first = this.segments[0]!;
      const isExpired = !isEmptySegment(first) && first.lastEnqueuedAt! <= expiredAt;
      if (!isExpired || !this.isCommitted(first)) return expired;
      if (this.segments.length === 1) this.startSegment();
      this.segments.shift();
      this.options.cache.forget(first);
      expired.push(first);
    }
  }

  /** Segments that take no more events and are durable, oldest first. */
  closedSegments(): readonly Segment[] {
    return this.segments.slice(0, -1).filter((segment) => this.isCommitted(segment));
  }

  /** Closes the open segment, if it holds anything. */
  roll(): void {
    if (!isEmptySegment(this.openSegment)) this.startSegment();
  }

  /** Puts fewer events in a closed segment; none: the segment goes. */
  replace(segment: Segment, events: StoredEvent[]): void {
    this.options.cache.forget(segment);
    if (events.length === 0) {
      this.segments.splice(this.segments.indexOf(segment), 1);
      return;
    }
    segment.events = events;
    segment.bytes = events.reduce((sum, event) => sum + sizeOf(event), 0);
    this.options.cache.use(segment);
  }

  eventsOf(segment: Segment): readonly StoredEvent[] {
    segment.events ??= this.options.loadSegment(segment.baseSequenceNumber);
    if (segment !== this.openSegment && this.isCommitted(segment)) this.options.cache.use(segment);
    return segment.events;
  }

  private segmentFor(now: Instant): Segment {
    const open = this.openSegment;
    const isFull = open.bytes >= this.options.segmentBytes;
    const isOld = open.firstEnqueuedAt !== undefined && now - open.firstEnqueuedAt >= this.options.segmentSpanMs;
    if (!isEmptySegment(open) && (isFull || isOld)) this.startSegment();
    return this.openSegment;
  }

  private startSegment(): void {
    const closed = this.openSegment;
    const segment = emptySegment(this.appended, closed.nextOffset);
    this.closing.push(closed);
    this.segments.push(segment);
    this.options.onSegmentStarted(segment);
  }
}
