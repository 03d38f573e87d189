import { EventHubProducerClient } from '@azure/event-hubs';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterEach, describe, expect, test } from 'vitest';
import { type LocalCloud, parseTopology, startLocalCloud, VirtualClock } from '../../local/index.ts';

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.close();
});

async function start(file: unknown): Promise<{ cloud: LocalCloud; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const cloud = await startLocalCloud({ topology: parseTopology(JSON.stringify(file)), clock });
  clouds.push(cloud);
  return { cloud, clock };
}

/** Resolves with the next delivery that Event Grid makes (or gives up on). */
function nextRecord(cloud: LocalCloud, type: string): Promise<unknown> {
  return new Promise((resolve) => {
    const stop = cloud.eventGrid.onRecord((record) => {
      if (record.type !== type) return;
      stop();
      resolve(record);
    });
  });
}

const toQueue = (name: string, filter?: unknown) => ({
  name: `to-${name}`,
  destination: { endpointType: 'StorageQueue', name },
  filter,
});

async function received(cloud: LocalCloud, queue: string): Promise<Record<string, unknown>[]> {
  const client = QueueServiceClient.fromConnectionString(cloud.ready.storage.connectionString).getQueueClient(queue);
  const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 });
  return receivedMessageItems.map((item) => JSON.parse(Buffer.from(item.messageText, 'base64').toString()));
}

describe('the parts of a local cloud together', () => {
  test('messages that nobody receives become an event, at once and every two minutes', async () => {
    const { cloud, clock } = await start({
      storage: { queues: [{ name: 'notices' }] },
      serviceBus: { queues: [{ name: 'refunds' }] },
      eventGrid: {
        systemTopics: [
          {
            name: 'idle',
            topicType: 'Microsoft.ServiceBus.Namespaces',
            eventSubscriptions: [
              toQueue('notices', {
                includedEventTypes: ['Microsoft.ServiceBus.ActiveMessagesAvailableWithNoListeners'],
              }),
            ],
          },
        ],
      },
    });
    const delivered = nextRecord(cloud, 'finished');
    const client = new ServiceBusClient(cloud.ready.serviceBus.connectionString);
    await client.createSender('refunds').sendMessages({ body: 'a' });
    await client.close();
    await delivered;

    const [event] = await received(cloud, 'notices');
    expect(event).toMatchObject({
      eventType: 'Microsoft.ServiceBus.ActiveMessagesAvailableWithNoListeners',
      subject: 'queues/refunds',
      data: {
        entityType: 'queue',
        queueName: 'refunds',
        topicName: null,
        requestUri: `${cloud.ready.serviceBus.managementUrl}/refunds/messages/head`,
      },
    });

    const again = nextRecord(cloud, 'finished');
    clock.advanceBy(120_000);
    await again;
    expect(await received(cloud, 'notices')).toHaveLength(1);
  });

  test('a blob becomes an event on a hub, and on a Service Bus topic', async () => {
    const { cloud } = await start({
      storage: { containers: [{ name: 'photos' }] },
      serviceBus: { topics: [{ name: 'uploads', subscriptions: [{ name: 'all' }] }] },
      eventHubs: { hubs: [{ name: 'audit', partitionCount: 1 }] },
      eventGrid: {
        systemTopics: [
          {
            name: 'photos-created',
            topicType: 'Microsoft.Storage.StorageAccounts',
            eventSubscriptions: [
              { name: 'to-hub', destination: { endpointType: 'EventHub', name: 'audit' } },
              { name: 'to-topic', destination: { endpointType: 'ServiceBusTopic', name: 'uploads' } },
            ],
          },
        ],
      },
    });
    const container = BlobServiceClient.fromConnectionString(cloud.ready.storage.connectionString).getContainerClient(
      'photos',
    );
    await container.getBlockBlobClient('a.png').upload('abc', 3);

    const client = new ServiceBusClient(cloud.ready.serviceBus.connectionString);
    const [message] = await client.createReceiver('uploads', 'all').receiveMessages(1);
    expect(message?.body).toMatchObject({ eventType: 'Microsoft.Storage.BlobCreated', data: { api: 'PutBlob' } });
    expect(message?.applicationProperties).toMatchObject({
      'aeg-subscription-name': expect.stringMatching(/to-topic/i),
    });
    await client.close();
    const producer = new EventHubProducerClient(cloud.ready.eventHubs.connectionString, 'audit');
    expect(await producer.getPartitionProperties('0')).toMatchObject({ lastEnqueuedSequenceNumber: 0 });
    await producer.close();
  });

  test('a captured window is a blob and two events', async () => {
    const { cloud, clock } = await start({
      storage: { containers: [{ name: 'captured' }], queues: [{ name: 'files' }, { name: 'blobs' }] },
      eventHubs: {
        hubs: [
          {
            name: 'telemetry',
            partitionCount: 1,
            captureDescription: { enabled: true, container: 'captured', intervalInSeconds: 60 },
          },
        ],
      },
      eventGrid: {
        systemTopics: [
          { name: 'hub-files', topicType: 'Microsoft.EventHub.Namespaces', eventSubscriptions: [toQueue('files')] },
          {
            name: 'blob-files',
            topicType: 'Microsoft.Storage.StorageAccounts',
            eventSubscriptions: [toQueue('blobs')],
          },
        ],
      },
    });
    const written = new Promise((resolve) => cloud.eventHubs.onCaptureFile(resolve));
    const producer = new EventHubProducerClient(cloud.ready.eventHubs.connectionString, 'telemetry');
    await producer.sendBatch([{ body: 1 }, { body: 2 }]);
    await producer.close();
    const both = new Promise<void>((resolve) => {
      let count = 0;
      cloud.eventGrid.onRecord((record) => {
        if (record.type === 'finished') count += 1;
        if (count === 2) resolve();
      });
    });

    clock.advanceBy(60_000);
    await written;
    await both;

    expect(await received(cloud, 'files')).toMatchObject([{ data: { eventCount: 2, partitionId: '0' } }]);
    expect(await received(cloud, 'blobs')).toMatchObject([{ data: { contentType: 'application/octet-stream' } }]);
  });

  test('what cannot be delivered becomes a blob in the dead-letter container', async () => {
    const { cloud } = await start({
      storage: { containers: [{ name: 'dead' }], queues: [{ name: 'gone' }] },
      eventGrid: {
        systemTopics: [
          {
            name: 'blobs',
            topicType: 'Microsoft.Storage.StorageAccounts',
            eventSubscriptions: [
              {
                ...toQueue('gone', { subjectBeginsWith: '/blobServices/default/containers/new/' }),
                retryPolicy: { maxDeliveryAttempts: 1 },
                deadLetterDestination: { container: 'dead' },
              },
            ],
          },
        ],
      },
    });
    const { connectionString } = cloud.ready.storage;
    await QueueServiceClient.fromConnectionString(connectionString).deleteQueue('gone');
    const dead = new Promise<string>((resolve) =>
      cloud.storage.onBlobEvent(({ subject }) => {
        if (subject.includes('/containers/dead/')) resolve(subject.split('/blobs/')[1]!);
      }),
    );
    await cloud.storage.putBlob('new', 'a', Buffer.from('a'), 'text/plain');

    const name = await dead;
    const blobs = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('dead');
    const [event] = JSON.parse((await blobs.getBlobClient(name).downloadToBuffer()).toString());
    expect(event).toMatchObject({ deliveryAttempts: 1, lastDeliveryOutcome: 'NotFound' });
  });
});
