import type { Instant } from '../../clock/clock.ts';
import type { AttemptedEvent } from './api.ts';
import { toDeliverySchema } from './convert.ts';
import type { EventSubscriptionDefinition } from './definitions.ts';
import { attributesOf, byteLength } from './delivery-attributes.ts';
import type { PublishedEvent } from './events.ts';

/** An event on its way to one subscription. */
export interface Pending extends AttemptedEvent {
  readonly event: PublishedEvent;
  readonly publishedAt: Instant;
  /** Of its JSON in the delivery schema. */
  readonly sizeBytes: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** Only events whose properties are the same travel together. */
  readonly attributesKey: string;
  attempts: number;
  lastOutcome: string;
  lastAttemptAt: Instant | undefined;
}

export interface RestoredEvent {
  readonly pending: Pending;
  readonly dueAt: Instant;
  /** It was given up and is on its way to the dead letters. */
  readonly giveUp: boolean;
}

export function makePending(
  id: string,
  event: PublishedEvent,
  publishedAt: Instant,
  { eventDeliverySchema, destination }: EventSubscriptionDefinition,
): Pending {
  const body = toDeliverySchema(event, eventDeliverySchema);
  const attributes = attributesOf(event, destination.deliveryAttributeMappings);
  return {
    id,
    event,
    body,
    publishedAt,
    attributes,
    attributesKey: JSON.stringify(attributes),
    sizeBytes: byteLength(JSON.stringify(body)),
    attempts: 0,
    lastOutcome: 'Delivering',
    lastAttemptAt: undefined,
  };
}
