import { EventHubProducerClient } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Storage, startStorage } from '../../local/storage/index.ts';
import { type EventHubsUnderTest, startEventHubs } from '../support/event-hubs.ts';
import { type RunningApp, runApp } from './support.ts';

let storage: Storage;
let emulator: EventHubsUnderTest;
let app: RunningApp;
const producers: EventHubProducerClient[] = [];

beforeAll(async () => {
  const ports = { blobPort: 0, queuePort: 0, tablePort: 0 };
  [storage, emulator] = await Promise.all([
    startStorage({ ...ports, dataFolder: null, topology: { containers: [], queues: [], tables: [] }, log: () => {} }),
    startEventHubs({
      hubs: [
        { name: 'readings', partitionCount: 2, consumerGroups: ['$Default', 'averages', 'single'] },
        { name: 'alerts', partitionCount: 1 },
        { name: 'failing', partitionCount: 1 },
      ],
    }),
  ]);
  app = await start();
});
afterAll(async () => {
  await app?.close();
  await Promise.all(producers.map((producer) => producer.close()));
  await emulator?.close();
  await storage?.close();
});

const start = (settings: Record<string, string> = {}) =>
  runApp('event-hubs', {
    settings,
    cloud: { storage: storage.connectionString, eventHubs: emulator.connectionString },
  });

async function send(hub: string, bodies: unknown[], options: { partitionId?: string; partitionKey?: string } = {}) {
  const producer = new EventHubProducerClient(emulator.connectionString, hub);
  producers.push(producer);
  await producer.sendBatch(
    bodies.map((body) => ({ body, properties: { press: 4 } })),
    options,
  );
}

describe('the Event Hubs trigger', () => {
  it('a batch arrives with arrays of metadata, at most maxEventBatchSize at a time, in order', async () => {
    await send(
      'readings',
      [1, 2, 3, 4, 5, 6, 7].map((n) => ({ n, alert: n === 7 })),
      { partitionId: '1' },
    );
    const batches = [];
    let count = 0;
    while (count < 7) {
      const batch = await app.next('average');
      batches.push(batch);
      count += batch.count;
      expect(batch.count).toBeLessThanOrEqual(5);
    }
    expect(batches.flatMap(({ events }) => events.map(({ n }: { n: number }) => n))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const { metadata, count: first } = batches[0];
    expect(metadata.partitionContext).toEqual({
      fullyQualifiedNamespace: 'localhost',
      eventHubName: 'readings',
      consumerGroup: 'averages',
      partitionId: '1',
    });
    expect(metadata.sequenceNumberArray.slice(0, first)).toEqual([0, 1, 2, 3, 4, 5, 6].slice(0, first));
    expect(metadata.propertiesArray[0]).toEqual({ press: 4 });
    expect(metadata.systemPropertiesArray[0]).toMatchObject({ sequenceNumber: 0, offset: expect.anything() });
    expect(metadata.enqueuedTimeUtcArray[0]).toMatch(/Z$/);
  });

  it('cardinality one: one after another; what it returns goes out, an array as one event each', async () => {
    for (let n = 1; n <= 7; n += 1) {
      const { event, metadata } = await app.next('each');
      expect(event.n).toBe(n);
      expect(metadata).toMatchObject({ sequenceNumber: n - 1, properties: { press: 4 } });
    }
    expect(await app.next('alert')).toEqual({ alert: 7 });
    expect(await app.next('alert')).toEqual({ again: 7 });
    // Two events of one invocation: one span.
    expect(await app.next('alert-properties')).toEqual([
      { 'diagnostic-Id': expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) },
      expect.anything(),
    ]);
  });

  it('a failing batch is retried by its policy, then passed over', async () => {
    await send('failing', ['bad']);
    expect(await app.next('retried')).toEqual({ events: ['bad'], retryCount: 0 });
    expect(await app.next('retried')).toEqual({ events: ['bad'], retryCount: 1 });
    await send('failing', ['good']);
    expect(await app.next('retried')).toEqual({ events: ['good'], retryCount: 0 });
  });

  it('checkpoints are blobs where the real host keeps them, and the next start goes on after them', async () => {
    const container = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient(
      'azure-webjobs-eventhub',
    );
    const checkpoint = container.getBlobClient('localhost/readings/averages/checkpoint/1');
    await expect.poll(async () => (await checkpoint.getProperties()).metadata?.sequencenumber).toBe('6');
    await app.close();
    app = await start();
    await send('readings', [{ n: 8 }], { partitionId: '1' });
    expect(await app.next('average')).toMatchObject({ count: 1, events: [{ n: 8 }] });
  });

  it('a batch whose function took the process down comes again', async () => {
    await send('failing', ['crash']);
    expect(await app.next('retried')).toEqual({ events: ['crash'], retryCount: 0 });
    expect(await app.next('retried')).toEqual({ events: ['crash'], retryCount: 0 });
    await app.line(/Executed 'Functions\.retried' \(Failed, .*ended with code 5/s);
    const container = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient(
      'azure-webjobs-eventhub',
    );
    const checkpoint = container.getBlobClient('localhost/failing/$default/checkpoint/0');
    await expect.poll(async () => (await checkpoint.getProperties()).metadata?.sequencenumber).toBe('2');
  });

  it('minEventBatchSize: a batch waits until it is full enough, or old enough', async () => {
    await app.close();
    app = await start({
      AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: '3',
      AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime: '00:00:02',
    });
    await send('failing', ['a']);
    await send('failing', ['b', 'c', 'd']);
    expect((await app.next('retried')).events).toEqual(['a', 'b', 'c', 'd']);
    await send('failing', ['e']);
    expect((await app.next('retried')).events).toEqual(['e']);
  });
});
