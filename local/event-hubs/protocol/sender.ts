import type { IncomingDelivery, IncomingLink } from '../../amqp/api.ts';
import { DecodeError } from '../../amqp/codec/index.ts';
import type { Hub } from '../engine/hub.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { EventHubsAddress } from './address.ts';
import { type Refusal, type TrackingContext, toAmqpError } from './conditions.ts';
import { toPublication } from './publication.ts';

const IDEMPOTENT_PRODUCER = 'com.microsoft:idempotent-producer';
/** Publications that may be under way on a link. */
const CREDIT = 600;

/** A link on which a peer publishes: to a hub, to one partition of it, or as a named publisher. */
export function openSender(
  link: IncomingLink,
  hub: Hub,
  address: Extract<EventHubsAddress, { kind: 'hub' | 'partition' | 'publisher' }>,
  acknowledgements: Acknowledgements,
  context: TrackingContext,
): void {
  const partitionId = address.kind === 'partition' ? address.partitionId : undefined;
  const publisher = address.kind === 'publisher' ? address.publisher : undefined;
  const errorOf = (refusal: Refusal) => toAmqpError(refusal, { hub: hub.name, partitionId }, context);

  if (link.desiredCapabilities.includes(IDEMPOTENT_PRODUCER)) {
    link.refuse(errorOf({ outcome: 'not-implemented', feature: 'Idempotent publishing' }));
    return;
  }
  if (partitionId !== undefined && !hub.partition(partitionId)) {
    link.refuse(errorOf({ outcome: 'partition-not-found', hub: hub.name, partitionId }));
    return;
  }

  const refuse = (delivery: IncomingDelivery, refusal: Refusal) => delivery.reject(errorOf(refusal));

  link.onTransfer((delivery) => {
    if (delivery.transactionId !== undefined)
      return refuse(delivery, { outcome: 'not-implemented', feature: 'A transaction on an event hub' });
    const sizeBytes = delivery.payload.length;
    // Before it is taken apart: the limit is on what was sent.
    if (sizeBytes > hub.maxPublicationBytes)
      return refuse(delivery, { outcome: 'publication-too-large', sizeBytes, limitBytes: hub.maxPublicationBytes });
    let publication: ReturnType<typeof toPublication>;
    try {
      publication = toPublication(delivery.messageFormat, delivery.payload);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return refuse(delivery, { outcome: 'message-invalid', reason: error.message });
    }
    const { events, partitionKey } = publication;
    if (events.length === 0) return delivery.accept();
    const outcome = hub.publish({ partitionId, publisher, partitionKey, events, sizeBytes });
    if (outcome.outcome !== 'appended') return refuse(delivery, outcome);
    if (outcome.isCommitted) return delivery.accept();
    acknowledgements.wait(hub.name, outcome.partition, {
      lastSequenceNumber: outcome.lastSequenceNumber,
      accept: () => delivery.accept(),
      refuse: (refusal) => refuse(delivery, refusal),
    });
  });
  link.accept({ maxMessageSize: hub.maxPublicationBytes, credit: CREDIT });
}
