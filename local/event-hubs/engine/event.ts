import type { Instant } from '../../clock/index.ts';

/** An event as a publisher hands it in. What is in `head` and `payload` is the protocol's business. */
export interface NewEvent {
  readonly partitionKey: string | undefined;
  /** No body: under compaction it deletes its key. */
  readonly isTombstone: boolean;
  /** What the publisher said about the event, outside the message itself. */
  readonly head: Uint8Array;
  /** The message, as it came. */
  readonly payload: Uint8Array;
}

/** An event with its place in a partition. */
export interface StoredEvent extends NewEvent {
  /** From 0, one more for each event of the partition, never used again. */
  readonly sequenceNumber: number;
  /** A rising byte position; peers see it as an opaque string. */
  readonly offset: number;
  readonly enqueuedAt: Instant;
}

/** Where a reader starts. */
export type Position =
  | { readonly from: 'earliest' }
  | { readonly from: 'latest' }
  | { readonly from: 'offset'; readonly offset: string; readonly isInclusive: boolean }
  | { readonly from: 'sequence-number'; readonly sequenceNumber: number; readonly isInclusive: boolean }
  | { readonly from: 'enqueued-time'; readonly after: Instant };

/** The newest event that is durable. `sequenceNumber` -1 and `offset` -1: there never was one. */
export interface LastEnqueued {
  readonly sequenceNumber: number;
  readonly offset: number;
  /** `undefined`: there never was an event. */
  readonly enqueuedAt: Instant | undefined;
}

/** What an event takes in the log beside its payload; only the growth of offsets depends on it. */
const EVENT_OVERHEAD_BYTES = 48;

export function sizeOf(event: NewEvent): number {
  return EVENT_OVERHEAD_BYTES + event.head.length + event.payload.length + (event.partitionKey?.length ?? 0);
}
