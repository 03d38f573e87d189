import type { LastEnqueued, Position, StoredEvent } from './event.ts';
import type { PositionRefusal } from './outcomes.ts';
import type { PartitionLog } from './partition-log.ts';

export interface ReaderListener {
  /** There may be something to {@link Reader.take}. */
  available(): void;
  /** Another reader took the partition over; this one is closed. */
  stolen(byOwnerLevel: number, byReader: string | undefined): void;
}

/** A place in a partition's log. Every reader sees every event; taking moves the reader on. */
export class Reader {
  /** What the peer calls itself. */
  readonly name: string | undefined;
  readonly consumerGroup: string;
  readonly ownerLevel: number | undefined;
  readonly listener: ReaderListener;
  private readonly log: PartitionLog;
  private readonly onClose: (reader: Reader) => void;
  private nextSequenceNumber: number;
  private readonly enqueuedAfter: number;
  private isOpen = true;

  constructor(options: {
    readonly name: string | undefined;
    readonly consumerGroup: string;
    readonly ownerLevel: number | undefined;
    readonly listener: ReaderListener;
    readonly log: PartitionLog;
    readonly start: Start;
    readonly onClose: (reader: Reader) => void;
  }) {
    this.name = options.name;
    this.consumerGroup = options.consumerGroup;
    this.ownerLevel = options.ownerLevel;
    this.listener = options.listener;
    this.log = options.log;
    this.nextSequenceNumber = options.start.nextSequenceNumber;
    this.enqueuedAfter = options.start.enqueuedAfter ?? Number.NEGATIVE_INFINITY;
    this.onClose = options.onClose;
  }

  /** The next visible events, at most `count`; none when there is nothing new or the reader is closed. */
  take(count: number): readonly StoredEvent[] {
    while (this.isOpen && count > 0 && this.nextSequenceNumber <= this.log.last.sequenceNumber) {
      const events = this.log.read(this.nextSequenceNumber, count);
      const last = events.at(-1);
      if (!last) break;
      this.nextSequenceNumber = last.sequenceNumber + 1;
      if (events[0]!.enqueuedAt > this.enqueuedAfter) return events;
      // Started in the future: what came before that time is passed over.
      const late = events.filter((event) => event.enqueuedAt > this.enqueuedAfter);
      if (late.length > 0) return late;
    }
    return [];
  }

  get lastEnqueued(): LastEnqueued {
    return this.log.last;
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.onClose(this);
  }
}

export interface Start {
  readonly nextSequenceNumber: number;
  readonly enqueuedAfter?: number;
}

/** Where a position is in a log now, or why it cannot be. */
export function resolvePosition(log: PartitionLog, position: Position): Start | PositionRefusal {
  const last = log.last;
  switch (position.from) {
    case 'earliest':
      return { nextSequenceNumber: 0 };
    case 'latest':
      return { nextSequenceNumber: last.sequenceNumber + 1 };
    case 'sequence-number': {
      const { sequenceNumber, isInclusive } = position;
      // A checkpoint from a hub that was deleted and made anew fails here, as in Azure.
      if (sequenceNumber > last.sequenceNumber)
        return { outcome: 'sequence-number-beyond-end', sequenceNumber, lastSequenceNumber: last.sequenceNumber };
      return { nextSequenceNumber: isInclusive ? sequenceNumber : sequenceNumber + 1 };
    }
    case 'enqueued-time': {
      const { after } = position;
      const nextSequenceNumber = log.find(
        (segment) => (segment.lastEnqueuedAt ?? Number.NEGATIVE_INFINITY) > after,
        (event) => event.enqueuedAt > after,
      );
      return { nextSequenceNumber, enqueuedAfter: after };
    }
    case 'offset': {
      const offset = Number(position.offset);
      // `!(a <= b)`, not `a > b`: an offset that is no number is as invalid as one beyond the end.
      if (position.offset.trim() === '' || !(offset <= last.offset))
        return { outcome: 'offset-beyond-end', offset: position.offset, lastOffset: last.offset };
      const isPast = position.isInclusive
        ? (event: StoredEvent) => event.offset >= offset
        : (event: StoredEvent) => event.offset > offset;
      return { nextSequenceNumber: log.find((segment) => segment.nextOffset > offset, isPast) };
    }
  }
}
