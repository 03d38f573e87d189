import type { PressReadingTaken } from '../../shared/messages/press-reading-taken.ts';
import { ReadingQuarantined } from '../../shared/messages/reading-quarantined.ts';
import { derivedId } from '../../shared/messaging/derived-id.ts';
import { type EnvelopeOf, envelope } from '../../shared/messaging/envelope.ts';
import type { Messaging } from '../../shared/messaging/messaging.ts';
import type { BatchHandling, StreamEvent } from '../../shared/messaging/triggers/event-hubs.ts';
import type { StreamPosition } from '../../shared/messaging/wire/event-hubs.ts';
import type { Outcome } from '../../shared/reliability/outcome.ts';
import { partialBatch } from '../../shared/reliability/partial-batch.ts';
import type { Row } from '../../shared/storage/rows.ts';
import { topology } from '../../shared/topology.ts';

export type ReadingEvent = StreamEvent<EnvelopeOf<typeof PressReadingTaken>>;

/** A reading that could be read, with its place in the stream. */
export interface PlacedReading {
  readonly reading: EnvelopeOf<typeof PressReadingTaken>;
  readonly position: StreamPosition;
}

/**
 * Handles a batch press by press, each in order, all presses beside each other. What cannot be read, and what still fails
 * on the last attempt, goes to the quarantine queue: the partition goes on, and nothing is lost.
 */
export async function byPress(
  events: readonly ReadingEvent[],
  handle: (press: string, readings: readonly PlacedReading[]) => Promise<Outcome>,
  deps: { consumerGroup: string; messaging: Pick<Messaging, 'enqueue'>; handling: BatchHandling },
): Promise<void> {
  const { consumerGroup, messaging, handling } = deps;
  await partialBatch(events, {
    keyOf: ({ received }) => (received.ok ? `press ${received.message.data.press}` : 'unreadable'),
    async handle(ofKey) {
      const placed = ofKey.flatMap(({ received, position }) =>
        received.ok ? [{ reading: received.message, position }] : [],
      );
      const [first] = placed;
      if (first) return handle(first.reading.data.press, placed);
      return { outcome: 'dead-letter', reason: 'MalformedEvent', description: 'The event could not be read.' };
    },
    async giveUp({ item: { received, position, body }, problem }) {
      const { partitionId, sequenceNumber } = position;
      const id = derivedId(consumerGroup, partitionId, String(sequenceNumber));
      const text = (typeof body === 'string' ? body : (JSON.stringify(body) ?? '')).slice(0, 20_000);
      const said = received.ok ? problem : received.problem;
      handling.log.warn(`Event ${sequenceNumber} of partition ${partitionId} goes to quarantine: ${said}`);
      const cause = received.ok ? received.message : { id, correlationId: id, traceparent: undefined };
      await messaging.enqueue(
        topology.telemetryQuarantine,
        envelope(ReadingQuarantined, { consumerGroup, ...position, problem: said, body: text }, { id, cause }),
      );
    },
    isLastAttempt: handling.isLastAttempt,
  });
}

/**
 * The readings that a row has not seen yet. A batch comes again after a crash or a failure (the checkpoint is written after
 * it); the row remembers the last event it took in. Sequence numbers count within a partition, so a row that was written
 * from another partition (the hub was made anew, with more of them) says nothing about these.
 */
export function unseen(row: Row | undefined, readings: readonly PlacedReading[]): readonly PlacedReading[] {
  if (!row) return readings;
  return readings.filter(
    ({ position }) =>
      row.partitionId !== position.partitionId || position.sequenceNumber > Number(row.lastSequenceNumber),
  );
}
