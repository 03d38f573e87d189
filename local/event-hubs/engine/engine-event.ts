import type { LastEnqueued, StoredEvent } from './event.ts';

interface InPartition {
  readonly hub: string;
  readonly partition: number;
}

/** The one stream of what happened. The journal, the acknowledgements, capture and the dashboard all listen to it. */
export type EngineEvent = InPartition &
  (
    | {
        /** A new segment takes over: what is appended from here on goes into it. */
        readonly type: 'segment-started';
        readonly previous: LastEnqueued;
        readonly baseOffset: number;
      }
    /** One publication. Not visible to readers, and not to be acknowledged, before it is committed. */
    | { readonly type: 'appended'; readonly events: readonly StoredEvent[] }
    /** Every event up to this one is durable and visible. */
    | { readonly type: 'committed'; readonly lastSequenceNumber: number }
    /** The journal cannot take any more: what was not committed is gone. */
    | { readonly type: 'failed'; readonly reason: string }
    | { readonly type: 'segment-deleted'; readonly baseSequenceNumber: number }
    | {
        readonly type: 'segment-compacted';
        readonly baseSequenceNumber: number;
        readonly events: readonly StoredEvent[];
      }
    | { readonly type: 'reader-opened'; readonly consumerGroup: string; readonly ownerLevel: number | undefined }
    | { readonly type: 'reader-stolen'; readonly consumerGroup: string; readonly ownerLevel: number | undefined }
    | { readonly type: 'reader-closed'; readonly consumerGroup: string; readonly ownerLevel: number | undefined }
  );

export type EmitEvent = (event: EngineEvent) => void;
