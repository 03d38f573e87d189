import type { AmqpService, IncomingLink, OutgoingLink } from '../../amqp/api.ts';
import type { EventHubsEngine } from '../engine/engine.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import { type EventHubsAddress, parseAddress } from './address.ts';
import { type Place, type Refusal, type TrackingContext, toAmqpError } from './conditions.ts';
import { hubOf, manage } from './management.ts';
import { openReceiver } from './receiver.ts';
import { openSender } from './sender.ts';

export interface AmqpServiceOptions {
  readonly engine: EventHubsEngine;
  readonly acknowledgements: Acknowledgements;
  readonly context: TrackingContext;
  /** Called with what a link or request names before it is looked up, so that it can be made. */
  readonly beforeOpen?: (hub: string, consumerGroup: string | undefined) => void;
}

/** Event Hubs on AMQP: which link is what. */
export function createAmqpService(options: AmqpServiceOptions): AmqpService {
  const { engine, acknowledgements, context } = options;
  const refuse = (link: IncomingLink | OutgoingLink, refusal: Refusal, place: Place) =>
    link.refuse(toAmqpError(refusal, place, context));
  const open = (address: EventHubsAddress) => {
    if (address.hub !== undefined)
      options.beforeOpen?.(address.hub, 'consumerGroup' in address ? address.consumerGroup : undefined);
  };

  return {
    name: 'event-hubs',

    owns(address) {
      const { hub, kind } = parseAddress(address);
      // Nothing but an event hub is addressed by consumer group, so its refusal is ours, too.
      return hub === undefined || kind === 'consumer-group-partition' || engine.hub(hub) !== undefined;
    },

    hasEntity: (path) => options.beforeOpen !== undefined || engine.hub(path) !== undefined,

    openIncoming(link) {
      const address = parseAddress(link.address);
      open(address);
      const hub = engine.hub(address.hub ?? '');
      if (!hub) return refuse(link, { outcome: 'hub-not-found', hub: address.hub ?? '' }, { hub: address.hub ?? '' });
      if (address.kind === 'consumer-group-partition' || address.kind === 'management') {
        const reason = 'is read from; events are sent to a hub, a partition or a publisher.';
        return refuse(link, { outcome: 'link-not-allowed', address: link.address, reason }, { hub: hub.name });
      }
      openSender(link, hub, address, acknowledgements, context);
    },

    openOutgoing(link) {
      const address = parseAddress(link.address);
      open(address);
      const hub = engine.hub(address.hub ?? '');
      if (!hub)
        return refuse(
          link,
          { outcome: 'hub-not-found', hub: address.hub ?? '' },
          { ...address, hub: address.hub ?? '' },
        );
      if (address.kind !== 'consumer-group-partition') {
        const reason = 'is sent to; events are read from <hub>/ConsumerGroups/<group>/Partitions/<id>.';
        return refuse(link, { outcome: 'link-not-allowed', address: link.address, reason }, { hub: hub.name });
      }
      openReceiver(link, hub, address, context);
    },

    manage(request) {
      const hub = hubOf(request);
      options.beforeOpen?.(hub, undefined);
      return manage(request, hub, engine, context);
    },
  };
}
