/** Every way in which a publication or a reader is refused. The protocol has the one table from these to conditions. */

export type NotFound =
  | { readonly outcome: 'hub-not-found'; readonly hub: string }
  | { readonly outcome: 'consumer-group-not-found'; readonly hub: string; readonly consumerGroup: string }
  | { readonly outcome: 'partition-not-found'; readonly hub: string; readonly partitionId: string };

export type PublishRefusal =
  | NotFound
  | { readonly outcome: 'publication-too-large'; readonly sizeBytes: number; readonly limitBytes: number }
  | { readonly outcome: 'publisher-key-mismatch'; readonly publisher: string; readonly partitionKey: string }
  | { readonly outcome: 'throttled' }
  /** The journal could not store it. */
  | { readonly outcome: 'storage-failed'; readonly reason: string };

export type PublishOutcome =
  | {
      /** Numbered; to be acknowledged when the partition has committed `lastSequenceNumber`. */
      readonly outcome: 'appended';
      readonly hub: string;
      readonly partition: number;
      readonly firstSequenceNumber: number;
      readonly lastSequenceNumber: number;
      readonly isCommitted: boolean;
    }
  | PublishRefusal;

export type PositionRefusal =
  | {
      readonly outcome: 'sequence-number-beyond-end';
      readonly sequenceNumber: number;
      readonly lastSequenceNumber: number;
    }
  | { readonly outcome: 'offset-beyond-end'; readonly offset: string; readonly lastOffset: number };

export type OwnershipRefusal =
  /** A reader without an owner level beside one that has one. */
  | { readonly outcome: 'owner-level-required'; readonly currentOwnerLevel: number }
  | {
      readonly outcome: 'owner-level-too-low';
      readonly reader: string | undefined;
      readonly ownerLevel: number;
      readonly currentOwnerLevel: number;
      readonly currentReader: string | undefined;
    }
  | {
      readonly outcome: 'too-many-readers';
      readonly limit: number;
      readonly connectedReaders: readonly (string | undefined)[];
    };

export type OpenReaderRefusal = NotFound | PositionRefusal | OwnershipRefusal;
