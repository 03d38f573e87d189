import type { OutgoingLink } from '../../amqp/api.ts';
import type { Position } from '../engine/event.ts';
import type { Hub } from '../engine/hub.ts';
import type { Reader } from '../engine/reader.ts';
import type { EventHubsAddress } from './address.ts';
import { type Place, type Refusal, type TrackingContext, toAmqpError } from './conditions.ts';
import { encodeDelivery, encodeLastEnqueued } from './delivery.ts';
import { positionFromSelector, SELECTOR_FILTER } from './selector.ts';

const OWNER_LEVEL = 'com.microsoft:epoch';
const RECEIVER_NAME = 'com.microsoft:receiver-name';
const RUNTIME_METRIC = 'com.microsoft:enable-receiver-runtime-metric';

/** A link on which a peer reads a partition in a consumer group. Events leave at once, up to the credit. */
export function openReceiver(
  link: OutgoingLink,
  hub: Hub,
  address: Extract<EventHubsAddress, { kind: 'consumer-group-partition' }>,
  context: TrackingContext,
): void {
  const { partitionId, consumerGroup } = address;
  const place: Place = { hub: hub.name, partitionId, consumerGroup };
  const errorOf = (refusal: Refusal) => toAmqpError(refusal, place, context);

  const position = positionOf(link);
  if ('outcome' in position) {
    link.refuse(errorOf(position));
    return;
  }
  const ownerLevel = toOwnerLevel(link.properties.get(OWNER_LEVEL));
  const name = toName(link.properties.get(RECEIVER_NAME));
  const pump = () => send(link, reader, wantsMetric ? context : undefined, tags);
  const outcome = hub.openReader({
    partitionId,
    consumerGroup,
    position,
    ownerLevel,
    name,
    listener: {
      available: () => pump(),
      stolen: (byOwnerLevel, byReader) =>
        link.close(errorOf({ outcome: 'stolen', reader: name, ownerLevel, byReader, byOwnerLevel })),
    },
  });
  if (outcome.outcome !== 'opened') {
    link.refuse(errorOf(outcome));
    return;
  }
  const { reader } = outcome;
  const wantsMetric = link.desiredCapabilities.includes(RUNTIME_METRIC);
  const tags = new DeliveryTags();

  link.onClose(() => reader.close());
  link.onCredit((_, drain) => {
    pump();
    if (drain) link.drained();
  });
  // Settling is a formality: what a reader has read is its own business.
  link.onDisposition((delivery, _, settledByPeer) => {
    if (!settledByPeer) delivery.settle();
  });
  // The Go client settles nothing, and grants new credit for what came settled only (azeventhubs, TestConsumerClient_ReceiveEvents).
  link.accept({ offeredCapabilities: wantsMetric ? [RUNTIME_METRIC] : [], prefersSettled: true });
}

function send(link: OutgoingLink, reader: Reader, metric: TrackingContext | undefined, tags: DeliveryTags): void {
  if (!link.isOpen || link.credit <= 0) return;
  const events = reader.take(link.credit);
  if (events.length === 0) return;
  const deliveryAnnotations = metric && encodeLastEnqueued(reader.lastEnqueued, metric.now());
  for (const event of events) link.send(encodeDelivery(event, deliveryAnnotations), tags.next());
}

/** Without a filter the whole log is read. */
function positionOf(
  link: OutgoingLink,
): Position | { readonly outcome: 'selector-invalid'; readonly selector: string } {
  const selector = link.filters.get(SELECTOR_FILTER);
  if (selector === undefined || selector === null) return { from: 'earliest' };
  return positionFromSelector(String(selector)) ?? { outcome: 'selector-invalid', selector: String(selector) };
}

function toOwnerLevel(value: unknown): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

function toName(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** 16 bytes, different for each delivery of a link: a counter. */
class DeliveryTags {
  private count = 0;

  next(): Buffer {
    const tag = Buffer.alloc(16);
    this.count += 1;
    tag.writeUIntBE(this.count, 10, 6);
    return tag;
  }
}
