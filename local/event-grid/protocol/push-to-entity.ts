import type { Attempt } from '../engine/api.ts';
import type { AttemptResult } from '../engine/outcomes.ts';
import { deliveryHeaders } from './delivery-headers.ts';

export type DeliverOutcome =
  | { readonly delivered: true }
  | { readonly delivered: false; readonly outcome: string; readonly reason: string };

/** Queues, topics and hubs of the same local cloud. */
export interface EventGridDestinations {
  serviceBus(
    entity: string,
    message: {
      readonly body: Uint8Array;
      readonly contentType: string;
      readonly messageId: string;
      readonly applicationProperties: Record<string, string | number | boolean>;
    },
  ): Promise<DeliverOutcome>;
  /** `body` is the text of the message as it is stored: base64. */
  storageQueue(name: string, body: string, timeToLiveSeconds: number | undefined): Promise<DeliverOutcome>;
  eventHub(
    name: string,
    event: {
      readonly body: Uint8Array;
      readonly contentType: string;
      readonly messageId: string;
      readonly partitionKey?: string;
      readonly applicationProperties: Record<string, string | number | boolean>;
    },
  ): Promise<DeliverOutcome>;
}

/**
 * Hands one event to a queue, topic or hub. The `aeg-…` values and the custom delivery properties become application
 * properties; the message id is the same at every attempt, so that duplicate detection removes repeats.
 */
export async function pushToEntity(destinations: EventGridDestinations, attempt: Attempt): Promise<AttemptResult> {
  const { destination } = attempt.subscription;
  const { id, body } = attempt.events[0]!;
  const json = JSON.stringify(body);
  const isCloudEvent = 'specversion' in body;
  const message = {
    body: Buffer.from(json, 'utf8'),
    contentType: isCloudEvent ? 'application/cloudevents+json; charset=utf-8' : 'application/json; charset=utf-8',
    messageId: id,
    applicationProperties: deliveryHeaders(attempt),
  };
  switch (destination.endpointType) {
    case 'ServiceBusQueue':
    case 'ServiceBusTopic':
      return toResult(await destinations.serviceBus(destination.name, message));
    case 'EventHub': {
      // delivery-properties, "Event Hubs": the property PartitionKey is the event's partition key.
      const { PartitionKey: partitionKey, ...applicationProperties } = message.applicationProperties;
      return toResult(
        await destinations.eventHub(destination.name, { ...message, partitionKey, applicationProperties }),
      );
    }
    case 'StorageQueue': {
      const text = Buffer.from(json, 'utf8').toString('base64');
      const seconds = destination.queueMessageTimeToLiveInSeconds;
      return toResult(await destinations.storageQueue(destination.name, text, seconds));
    }
    default:
      throw new Error(`${destination.endpointType} is reached over HTTP.`);
  }
}

function toResult(outcome: DeliverOutcome): AttemptResult {
  if (outcome.delivered) return { kind: 'delivered' };
  return { kind: 'failed', outcome: outcome.outcome, detail: outcome.reason };
}
