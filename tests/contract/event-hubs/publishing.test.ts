import { type EventData, EventHubBufferedProducerClient } from '@azure/event-hubs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { partitionForKey } from '../../../local/event-hubs/engine/key-hash.ts';
import { type EventHubsUnderTest, startEventHubs } from '../../support/event-hubs.ts';
import { Clients, NO_RETRIES } from './sdk.ts';

describe('publishing with the SDK', () => {
  let emulator: EventHubsUnderTest;
  let clients: Clients;
  let hub = 0;

  beforeAll(async () => {
    emulator = await startEventHubs({ createMissing: true });
  });
  beforeEach(() => {
    clients = new Clients(emulator);
    hub += 1;
  });
  afterEach(async () => {
    await clients.close();
    expect(emulator.complaints).toEqual([]);
  });
  afterAll(async () => await emulator.close());

  const hubName = () => `hub-${hub}`;
  const countsByPartition = () =>
    emulator.eventHubs.engine.hub(hubName())!.partitions.map((one) => one.log.last.sequenceNumber + 1);

  it('given a batch of 50 events without a key, when sent, then one partition has them, in order', async () => {
    const producer = clients.producer(hubName());
    const batch = await producer.createBatch();
    for (let index = 0; index < 50; index += 1) expect(batch.tryAdd({ body: { index } })).toBe(true);
    await producer.sendBatch(batch);
    expect(countsByPartition()).toEqual([50, 0, 0, 0]);
    const events = await clients.subscriber('0', { hub: hubName() }).received(50);
    expect(events.map((event) => event.body.index)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(events.map((event) => event.sequenceNumber)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it('given partition keys, when sent, then each is in the partition of its hash and comes back with its key', async () => {
    const producer = clients.producer(hubName());
    for (const key of ['7', 'FWfAT', '!c*_!I@1^c', 'ключ', 'abcdefghijkl']) {
      await producer.sendBatch([{ body: key }], { partitionKey: key });
      const partition = String(partitionForKey(key, 4));
      const reader = clients.subscriber(partition, { hub: hubName() });
      const count = countsByPartition()[Number(partition)]!;
      expect((await reader.received(count)).at(-1)).toMatchObject({ body: key, partitionKey: key });
      await reader.close();
    }
  });

  it("given the SDK's buffered producer, when it chooses partitions by key, then the service agrees", async () => {
    const failed: unknown[] = [];
    const producer = new EventHubBufferedProducerClient(emulator.connectionString, hubName(), {
      ...NO_RETRIES,
      onSendEventsErrorHandler: async (context) => {
        failed.push(context.error);
      },
    });
    const expected = [0, 0, 0, 0];
    for (let index = 0; index < 40; index += 1) {
      const partitionKey = `device ${index}`;
      expected[partitionForKey(partitionKey, 4)]! += 1;
      await producer.enqueueEvent({ body: index }, { partitionKey });
    }
    await producer.close();
    expect(failed).toEqual([]);
    expect(countsByPartition()).toEqual(expected);
  });

  const bodies: [string, EventData['body']][] = [
    ['text', 'grüße'],
    ['a number', 42],
    ['an object', { deep: [1, { two: null }] }],
    ['bytes', Buffer.from([0, 1, 254, 255])],
    ['nothing', null],
  ];
  it.each(bodies)('given a body of %s, when sent and received, then it is the same', async (_, body) => {
    await clients.producer(hubName()).sendBatch([{ body }], { partitionId: '2' });
    const [event] = await clients.subscriber('2', { hub: hubName() }).received(1);
    expect(event!.body).toEqual(body);
  });

  it.each(['value', 'sequence', 'data'] as const)(
    'given an AMQP message with a %s body, header, annotations and footer, when received, then all is as it was',
    async (bodyType) => {
      const body = bodyType === 'data' ? Buffer.from('x') : bodyType === 'value' ? { a: 'b' } : [['x', 1]];
      await clients.producer(hubName()).sendBatch(
        [
          {
            bodyType,
            body,
            header: { durable: true },
            messageAnnotations: { 'x-opt-mine': 'kept', 'x-opt-offset': 'forged' },
            properties: { messageId: 'm-1', correlationId: 'c-1', contentType: 'text/x', subject: 's', groupId: 'g' },
            applicationProperties: { text: 'ü', number: 7, flag: true },
          },
        ],
        { partitionId: '0' },
      );
      const [event] = await clients.subscriber('0', { hub: hubName() }).received(1);
      const raw = event!.getRawAmqpMessage();
      expect(event).toMatchObject({ messageId: 'm-1', correlationId: 'c-1', contentType: 'text/x', offset: '0' });
      expect(event!.properties).toEqual({ text: 'ü', number: 7, flag: true });
      expect(event!.systemProperties).toMatchObject({ 'x-opt-mine': 'kept', subject: 's', groupId: 'g' });
      expect(raw).toMatchObject({ bodyType, header: { durable: true } });
      expect(event!.body).toEqual(body);
    },
  );

  it('given a full batch of about 1 MB, when sent, then every event arrives', async () => {
    const producer = clients.producer(hubName());
    const batch = await producer.createBatch({ partitionId: '0' });
    while (batch.tryAdd({ body: Buffer.alloc(10_000, 7) }));
    expect(batch.maxSizeInBytes).toBe(1_048_576);
    await producer.sendBatch(batch);
    const events = await clients.subscriber('0', { hub: hubName() }).received(batch.count);
    expect(events.every((event) => Buffer.alloc(10_000, 7).equals(event.body as Buffer))).toBe(true);
  });

  it('given a hub that is throttled, when sent, then the service is busy until it is not', async () => {
    const producer = clients.producer(hubName());
    await producer.sendBatch([{ body: 1 }]);
    const engineHub = emulator.eventHubs.engine.hub(hubName())!;
    engineHub.throttled = true;
    await expect(producer.sendBatch([{ body: 2 }])).rejects.toMatchObject({
      code: 'ServerBusyError',
      message: expect.stringContaining('Error code : 50002'),
    });
    engineHub.throttled = false;
    await producer.sendBatch([{ body: 3 }]);
  });

  it('given a partition that is not there, when sent, then it is out of range', async () => {
    const producer = clients.producer(hubName());
    const sending = producer.sendBatch([{ body: 1 }], { partitionId: '9' });
    await expect(sending).rejects.toMatchObject({ code: 'ArgumentOutOfRangeError' });
  });

  it('given a hub in another letter case, when sent, then it is that hub', async () => {
    await clients.producer(hubName()).sendBatch([{ body: 1 }]);
    await clients.producer(hubName().toUpperCase()).sendBatch([{ body: 2 }]);
    expect(countsByPartition()).toEqual([1, 1, 0, 0]);
  });

  it('given an event from inside the local cloud, when received, then it looks like any other', async () => {
    const body = Buffer.from(JSON.stringify({ from: 'event grid' }));
    await clients.producer(hubName()).sendBatch([{ body: 'first' }], { partitionId: '0' });
    const deliver = (name: string) =>
      emulator.eventHubs.deliver(name, {
        body,
        contentType: 'application/json',
        messageId: 'id-1',
        partitionKey: '7',
        applicationProperties: { 'aeg-event-type': 'Notification' },
      });
    expect(await deliver(hubName())).toEqual({ delivered: true });
    expect(await deliver('unknown')).toMatchObject({ delivered: false, outcome: 'NotFound' });
    const [event] = await clients.subscriber('3', { hub: hubName() }).received(1);
    expect(event).toMatchObject({ body: { from: 'event grid' }, partitionKey: '7', messageId: 'id-1' });
    expect(event!.properties).toEqual({ 'aeg-event-type': 'Notification' });
  });
});
