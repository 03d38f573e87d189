import type { Instant } from '../../clock/index.ts';
import type { StoredEvent } from './event.ts';
import type { PartitionLog } from './partition-log.ts';
import type { Segment } from './segment.ts';

export interface CompactedSegment {
  readonly segment: Segment;
  readonly events: StoredEvent[];
}

/**
 * Keeps each key's last event. Only closed segments are rewritten; numbers and offsets stay, with gaps. An event without a
 * key stays. A tombstone stays until `tombstonesBefore`, so that readers who are behind learn of the deletion.
 */
export function compact(log: PartitionLog, tombstonesBefore: Instant): readonly CompactedSegment[] {
  const closed = log.closedSegments();
  const lastByKey = new Map<string, number>();
  for (const event of log.read(0, Number.POSITIVE_INFINITY))
    if (event.partitionKey !== undefined) lastByKey.set(event.partitionKey, event.sequenceNumber);
  const isKept = (event: StoredEvent): boolean => {
    if (event.partitionKey === undefined) return true;
    if (lastByKey.get(event.partitionKey) !== event.sequenceNumber) return false;
    return !event.isTombstone || event.enqueuedAt > tombstonesBefore;
  };
  const compacted: CompactedSegment[] = [];
  for (const segment of closed) {
    const events = log.eventsOf(segment);
    const kept = events.filter(isKept);
    if (kept.length === events.length) continue;
    log.replace(segment, kept);
    compacted.push({ segment, events: kept });
  }
  return compacted;
}
