import type { EventGridEvent } from './event-grid/index.ts';
import type { AvailabilityEvent } from './service-bus/engine/api.ts';

const RESOURCE_GROUP = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/crossover';

/**
 * One of Service Bus's four events as Event Grid carries it (page "Azure Service Bus as an Event Grid source").
 * @param managementUrl where the entity's HTTP interface is: `requestUri` says where to receive
 */
export function toServiceBusEvent(event: AvailabilityEvent, id: string, managementUrl: string): EventGridEvent {
  const isDeadLetter = event.type.startsWith('Deadletter');
  const entity =
    event.entityType === 'queue' ? `${event.queueName}` : `${event.topicName}/subscriptions/${event.subscriptionName}`;
  return {
    id,
    topic: `${RESOURCE_GROUP}/providers/Microsoft.ServiceBus/namespaces/${event.namespaceName}`,
    subject:
      event.entityType === 'queue'
        ? `queues/${event.queueName}`
        : `topics/${event.topicName}/subscriptions/${event.subscriptionName}`,
    eventType: `Microsoft.ServiceBus.${event.type}`,
    eventTime: new Date(event.at).toISOString(),
    dataVersion: '1',
    metadataVersion: '1',
    data: {
      namespaceName: event.namespaceName,
      requestUri: `${managementUrl}/${entity}${isDeadLetter ? '/$deadletterqueue' : ''}/messages/head`,
      entityType: event.entityType,
      queueName: event.queueName ?? null,
      topicName: event.topicName ?? null,
      subscriptionName: event.subscriptionName ?? null,
    },
  };
}
