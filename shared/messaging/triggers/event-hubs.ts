import { tracedBatch } from '../../observability/tracing.ts';
import type { Hub } from '../../topology/event-hubs.ts';
import type { EnvelopeOf, Parsed } from '../envelope.ts';
import { fromEventHub, type StreamPosition } from '../wire/event-hubs.ts';
import type { Invocation, Log } from './handling.ts';

export const eventHubsConnection = 'EventHubsConnection';

/** One event of a batch: where it stands, and what it says, if that can be read. */
export interface StreamEvent<Message> {
  readonly position: StreamPosition;
  readonly received: Parsed<Message>;
  readonly body: unknown;
}

export interface BatchHandling {
  readonly log: Log;
  /** No retry of this batch will follow. */
  readonly isLastAttempt: boolean;
}

/** Options of `app.eventHub` for a consumer group of a declared hub. The handler gets the whole batch of one partition. */
export function onHub<H extends Hub>(
  hub: H,
  consumerGroup: keyof H['consumerGroups'] & string,
  handle: (events: readonly StreamEvent<EnvelopeOf<H['message']>>[], handling: BatchHandling) => Promise<void>,
) {
  return {
    connection: eventHubsConnection,
    eventHubName: hub.name,
    consumerGroup,
    cardinality: 'many' as const,
    retry: { strategy: 'exponentialBackoff' as const, maxRetryCount: 5, minimumInterval: 500, maximumInterval: 10_000 },
    handler: async (bodies: unknown, invocation: Invocation): Promise<void> => {
      const { retryCount, maxRetryCount } = invocation.retryContext ?? { retryCount: 0, maxRetryCount: 5 };
      const events = streamEvents(hub, bodies, invocation.triggerMetadata ?? {});
      const traceparents = events.map(({ received }) => (received.ok ? received.message.traceparent : undefined));
      await tracedBatch({ system: 'eventhubs', entity: `${hub.name}/${consumerGroup}` }, traceparents, () =>
        handle(events, { log: invocation, isLastAttempt: retryCount >= maxRetryCount }),
      );
    },
  };
}

/** The metadata of a batch are arrays beside the array of bodies, the same index for the same event. */
function streamEvents<H extends Hub>(
  hub: H,
  bodies: unknown,
  metadata: Readonly<Record<string, unknown>>,
): StreamEvent<EnvelopeOf<H['message']>>[] {
  const systemProperties = list(metadata.systemPropertiesArray);
  const properties = list(metadata.propertiesArray);
  const partitionId = String((metadata.partitionContext as { partitionId?: unknown } | undefined)?.partitionId ?? '');
  return list(bodies).map((body, index) => {
    const system = (systemProperties[index] ?? {}) as { sequenceNumber?: unknown };
    const sequenceNumber = Number(list(metadata.sequenceNumberArray)[index] ?? system.sequenceNumber ?? -1);
    const position = { partitionId, sequenceNumber };
    const own = (properties[index] ?? {}) as Record<string, unknown>;
    const received = fromEventHub(hub.message, hub.name, body, own, position);
    return { position, body, received: received as Parsed<EnvelopeOf<H['message']>> };
  });
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}
