import { describe, expect, it } from 'vitest';
import { AlertRaised } from '../../../shared/messages/alert-raised.ts';
import { ProcessOrder } from '../../../shared/messages/process-order.ts';
import { consumptions } from '../../../shared/topology/declaration.ts';
import { toMarkdown } from '../../../shared/topology/to-markdown.ts';
import { toTopologyJson } from '../../../shared/topology/to-topology-json.ts';
import {
  container,
  customTopic,
  eventSubscription,
  hub,
  queue,
  storageQueue,
  topic,
} from '../../../shared/topology/vocabulary.ts';

const jobs = storageQueue({ name: 'jobs', message: ProcessOrder, consumer: 'do-job', poisonConsumer: 'bury-job' });
const letters = container({ name: 'letters', holds: 'dead letters' });

describe('the vocabulary', () => {
  it('given a topic with filters of all kinds, then its rules stand in ARM words', () => {
    const orderEvents = topic({
      name: 'order-events',
      message: ProcessOrder,
      requiresDuplicateDetection: true,
      subscriptions: {
        printing: {
          consumer: 'print',
          maxDeliveryCount: 5,
          filter: { sql: "type = 'Paid'", action: "SET p = 'high'" },
        },
        loyalty: { consumer: 'reward', filter: { correlation: { label: 'gold' } } },
        audit: { consumer: 'audit-order' },
      },
    });
    expect(toTopologyJson({ orderEvents }).serviceBus.topics).toEqual([
      {
        name: 'order-events',
        requiresDuplicateDetection: true,
        subscriptions: [
          {
            name: 'printing',
            maxDeliveryCount: 5,
            rules: [
              {
                name: 'filter',
                filterType: 'SqlFilter',
                sqlFilter: { sqlExpression: "type = 'Paid'" },
                action: { sqlExpression: "SET p = 'high'" },
              },
            ],
          },
          {
            name: 'loyalty',
            rules: [{ name: 'filter', filterType: 'CorrelationFilter', correlationFilter: { label: 'gold' } }],
          },
          { name: 'audit' },
        ],
      },
    ]);
    expect(consumptions({ orderEvents }).map((one) => one.function)).toEqual(['print', 'reward', 'audit-order']);
    expect(toMarkdown({ orderEvents })).toContain('`order-events/printing`');
  });

  it('given a queue with a poison consumer, then its poison queue is there too', () => {
    expect(toTopologyJson({ jobs }).storage.queues).toEqual([{ name: 'jobs' }, { name: 'jobs-poison' }]);
    expect(consumptions({ jobs }).map(({ of }) => of)).toEqual(['jobs', 'jobs-poison']);
  });

  it('given every kind of destination, then each has its endpoint type', () => {
    const orders = queue({ name: 'orders', message: ProcessOrder, keptFor: 'a test' });
    const events = topic({ name: 'events', message: ProcessOrder, subscriptions: {} });
    const stream = hub({
      name: 'stream',
      message: ProcessOrder,
      partitionCount: 2,
      messageRetentionInDays: 1,
      consumerGroups: {},
    });
    const alerts = customTopic({
      name: 'alerts',
      events: [AlertRaised],
      eventSubscriptions: {
        a: eventSubscription({ destination: { function: 'mail-alert', maxEventsPerBatch: 10 }, deadLetter: letters }),
        b: eventSubscription({ destination: orders }),
        c: eventSubscription({ destination: events }),
        d: eventSubscription({ destination: jobs }),
        e: eventSubscription({ destination: stream, filter: { subjectEndsWith: '.jpg' } }),
      },
    });
    const [topicJson] = toTopologyJson({ alerts }).eventGrid.topics;
    expect(topicJson?.eventSubscriptions.map(({ destination }) => destination)).toEqual([
      { endpointType: 'AzureFunction', name: 'mail-alert', maxEventsPerBatch: 10 },
      { endpointType: 'ServiceBusQueue', name: 'orders' },
      { endpointType: 'ServiceBusTopic', name: 'events' },
      { endpointType: 'StorageQueue', name: 'jobs' },
      { endpointType: 'EventHub', name: 'stream' },
    ]);
    expect(topicJson?.eventSubscriptions[0]).toMatchObject({ deadLetterDestination: { container: 'letters' } });
  });
});
