import type { AmqpService, IncomingLink, OutgoingLink } from '../../../amqp/api.ts';
import { isSameEntity } from '../faults.ts';
import { errorFor, type ProtocolContext } from './context.ts';
import { EnlistedDeliveries } from './enlisted-deliveries.ts';
import { manage } from './management/manage.ts';
import { openReceiverLink } from './receiver-links.ts';
import { openSenderLink } from './sender-links.ts';
import { TransactionGroups } from './transaction-groups.ts';
import { createTransactions } from './transactions.ts';

/** Service Bus as an AMQP server's service. It owns every address that names an entity of the broker, or one below it. */
export function createAmqpService(context: ProtocolContext): AmqpService & { close(): void } {
  const enlisted = new EnlistedDeliveries();
  const groups = new TransactionGroups();
  const links = new Set<IncomingLink | OutgoingLink>();
  const track = (link: IncomingLink | OutgoingLink) => {
    links.add(link);
    link.onClose(() => links.delete(link));
  };
  const stopDisruptions = context.faults.onDisruption(({ entity, error }) => {
    for (const link of [...links]) if (isSameEntity(entity, link.address)) link.close(error);
  });
  return {
    name: 'service-bus',
    owns: (address) => context.broker.describe(address.replace(/\/\$management$/i, '')).ok,
    hasEntity: (path) => context.ensureEntity !== undefined || context.broker.describe(path).ok,
    openIncoming(link) {
      track(link);
      openSenderLink(context, link, groups.joinAsSender(link));
    },
    openOutgoing(link) {
      track(link);
      const outside = groups.joinAsReceiver(link);
      if (outside) link.refuse(errorFor(context, outside, link.connection));
      else openReceiverLink(context, link, enlisted);
    },
    manage: (request) => manage(context, request),
    transactions: createTransactions(context, enlisted),
    close: stopDisruptions,
  };
}
