import { type Declaration, entitiesOf } from './declaration.ts';
import type { CustomTopic, EventDestination, EventSubscriptionDeclaration, SystemTopic } from './event-grid.ts';
import type { Queue, SubscriptionDeclaration } from './service-bus.ts';
import { poisonQueueName } from './storage.ts';

/** The JSON Schema of the file, as seen from `infra/`. */
const schema = '../local/topology/topology.schema.json';

/**
 * The declaration as `infra/topology.json`: what exists, in ARM's words. What is for people and tests (consumers, messages,
 * reasons) stays behind.
 */
export function toTopologyJson(declaration: Declaration) {
  const storageQueues = entitiesOf(declaration, 'storageQueue');
  return {
    $schema: schema,
    storage: {
      containers: entitiesOf(declaration, 'container').map(({ name }) => ({ name })),
      queues: storageQueues.flatMap(({ name, poisonConsumer }) =>
        poisonConsumer ? [{ name }, { name: poisonQueueName(name) }] : [{ name }],
      ),
      tables: entitiesOf(declaration, 'table').map(({ name }) => ({ name })),
    },
    serviceBus: {
      queues: entitiesOf(declaration, 'serviceBusQueue').map(toQueue),
      topics: entitiesOf(declaration, 'serviceBusTopic').map(({ subscriptions, message: _, kind: __, ...arm }) => ({
        ...arm,
        subscriptions: Object.entries(subscriptions).map(([name, subscription]) => toSubscription(name, subscription)),
      })),
    },
    eventHubs: {
      hubs: entitiesOf(declaration, 'eventHub').map(({ consumerGroups, message: _, kind: __, ...arm }) => ({
        ...arm,
        consumerGroups: Object.keys(consumerGroups)
          .filter((name) => name !== '$Default')
          .map((name) => ({ name })),
      })),
    },
    eventGrid: {
      topics: entitiesOf(declaration, 'customTopic').map((topic) => ({
        name: topic.name,
        inputSchema: topic.inputSchema,
        eventSubscriptions: toEventSubscriptions(topic, 'CloudEventSchemaV1_0'),
      })),
      systemTopics: entitiesOf(declaration, 'systemTopic').map((topic) => ({
        name: topic.name,
        topicType: topic.topicType,
        eventSubscriptions: toEventSubscriptions(topic, undefined),
      })),
    },
  };
}

/** The text of the file. */
export function topologyFile(declaration: Declaration): string {
  return `${JSON.stringify(toTopologyJson(declaration), null, 2)}\n`;
}

function toQueue(queue: Queue) {
  const { kind: _, message: __, format: ___, consumer, drainedBy, keptFor, deadLettersTriagedBy, ...arm } = queue;
  return arm;
}

function toSubscription(name: string, subscription: SubscriptionDeclaration) {
  const { consumer, drainedBy, keptFor, filter, ...arm } = subscription;
  if (!filter) return { name, ...arm };
  if ('sql' in filter) {
    const action = filter.action === undefined ? {} : { action: { sqlExpression: filter.action } };
    const sqlFilter = { sqlExpression: filter.sql };
    return { name, ...arm, rules: [{ name: 'filter', filterType: 'SqlFilter', sqlFilter, ...action }] };
  }
  const correlationFilter = filter.correlation;
  return { name, ...arm, rules: [{ name: 'filter', filterType: 'CorrelationFilter', correlationFilter }] };
}

function toEventSubscriptions(topic: CustomTopic | SystemTopic, eventDeliverySchema: string | undefined) {
  return Object.entries(topic.eventSubscriptions).map(
    ([name, { destination, filter, retryPolicy, deadLetter }]: [string, EventSubscriptionDeclaration]) => ({
      name,
      destination: toDestination(destination),
      ...(filter && { filter }),
      ...(eventDeliverySchema && { eventDeliverySchema }),
      ...(retryPolicy && { retryPolicy }),
      ...(deadLetter && { deadLetterDestination: { container: deadLetter.name } }),
    }),
  );
}

const endpointTypes = {
  serviceBusQueue: 'ServiceBusQueue',
  serviceBusTopic: 'ServiceBusTopic',
  storageQueue: 'StorageQueue',
  eventHub: 'EventHub',
} as const;

function toDestination(destination: EventDestination) {
  if ('function' in destination) {
    const { function: name, ...batching } = destination;
    return { endpointType: 'AzureFunction', name, ...batching };
  }
  return { endpointType: endpointTypes[destination.kind], name: destination.name };
}
