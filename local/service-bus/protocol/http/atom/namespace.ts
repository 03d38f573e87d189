import type { Broker } from '../../../engine/api.ts';
import type { HttpReply } from '../exchange.ts';
import type { AtomContext } from './context.ts';
import { formatInstant } from './value-formats.ts';

/** `GET /$namespaceinfo`. @param createdAt since when the namespace is there: since this process is */
export function getNamespace(context: AtomContext, createdAt: number): HttpReply {
  const { broker } = context;
  return context.entry(200, {
    id: context.uri('$namespaceinfo'),
    title: broker.namespaceName,
    publishedAt: createdAt,
    updatedAt: createdAt,
    descriptionName: 'NamespaceInfo',
    description: {
      Alias: undefined,
      CreatedTime: formatInstant(createdAt),
      MessagingSKU: broker.tier,
      MessagingUnits: messagingUnits(broker),
      ModifiedTime: formatInstant(createdAt),
      Name: broker.namespaceName,
      NamespaceType: 'Messaging',
    },
  });
}

/** Only a Premium namespace has them. */
function messagingUnits(broker: Broker): string | undefined {
  return broker.tier === 'Premium' ? '1' : undefined;
}
