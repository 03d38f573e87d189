import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EventHubsUnderTest, startEventHubs } from '../../support/event-hubs.ts';
import { Clients, FROM_START, type Subscriber } from './sdk.ts';

describe('reading with the SDK', () => {
  let emulator: EventHubsUnderTest;
  let clients: Clients;
  let number = 0;

  beforeAll(async () => {
    emulator = await startEventHubs({ createMissing: true });
  });
  beforeEach(() => {
    clients = new Clients(emulator);
    number += 1;
  });
  afterEach(async () => {
    await clients.close();
    expect(emulator.complaints).toEqual([]);
  });
  afterAll(async () => await emulator.close());

  const hub = () => `hub-${number}`;
  const send = async (...bodies: unknown[]) =>
    await clients.producer(hub()).sendBatch(
      bodies.map((body) => ({ body })),
      { partitionId: '0' },
    );
  const subscribe = (options: Parameters<Clients['subscriber']>[1] = {}) =>
    clients.subscriber('0', { hub: hub(), ...options });
  const bodiesOf = async (subscriber: Subscriber, count: number) =>
    (await subscriber.received(count)).map((event) => event.body as unknown);
  /** The SDK opens links in its own time: to be called before something that must come after an attach. */
  const readers = async (count: number) => {
    const partition = () => emulator.eventHubs.engine.hub(hub())?.partitions[0];
    const current = () => partition()?.readersOf('$Default').length ?? 0;
    if (current() === count) return;
    await new Promise<void>((resolve) => {
      const stop = emulator.eventHubs.engine.onEvent(() => {
        if (current() !== count) return;
        stop();
        resolve();
      });
    });
  };

  it('given events, when read from an offset or a number, inclusive or not, then it starts there', async () => {
    await send('a', 'b', 'c');
    const second = (await subscribe().received(3))[1]!;
    const from = async (startPosition: object) => await bodiesOf(subscribe({ startPosition }), 1);
    expect(await from({ offset: second.offset })).toEqual(['c']);
    expect(await from({ offset: second.offset, isInclusive: true })).toEqual(['b']);
    expect(await from({ sequenceNumber: 1 })).toEqual(['c']);
    expect(await from({ sequenceNumber: 1, isInclusive: true })).toEqual(['b']);
  });

  it('given events, when read from a time, then only later ones come', async () => {
    await send('old');
    const [old] = await subscribe().received(1);
    while (Date.now() <= old!.enqueuedTimeUtc.getTime()) await new Promise(setImmediate);
    await send('new');
    expect(await bodiesOf(subscribe({ startPosition: { enqueuedOn: old!.enqueuedTimeUtc } }), 1)).toEqual(['new']);
  });

  it('given events, when read from latest, then only what comes after the attach is seen', async () => {
    await send('before');
    const subscriber = subscribe({ startPosition: { offset: '@latest' } });
    await readers(1);
    await send('after');
    expect(await bodiesOf(subscriber, 1)).toEqual(['after']);
  });

  it('given the last number, when read after it, then it waits and gets the next', async () => {
    await send(0, 1, 2);
    const subscriber = subscribe({ startPosition: { sequenceNumber: 2 } });
    await readers(1);
    await send(3);
    expect(await bodiesOf(subscriber, 1)).toEqual([3]);
  });

  it.each([{ sequenceNumber: 488 }, { offset: '77777' }])(
    'given a checkpoint beyond the end (%o), when read, then it says what the last is',
    async (startPosition) => {
      await send(0);
      const error = await subscribe({ startPosition }).failed();
      expect(error.code).toBe('ArgumentError');
      expect(error.message).toMatch(/^(The supplied (sequence number|offset) '\d+' is invalid. The last)/);
    },
  );

  it('given two groups and two readers in one, when events come, then everyone sees all of them', async () => {
    const subscribers = [subscribe(), subscribe(), subscribe({ group: 'audit' })];
    await send('a', 'b');
    for (const subscriber of subscribers) expect(await bodiesOf(subscriber, 2)).toEqual(['a', 'b']);
  });

  it('given more events than any credit, when read, then all come, in order', async () => {
    const bodies = Array.from({ length: 3000 }, (_, index) => index);
    for (let start = 0; start < bodies.length; start += 500) await send(...bodies.slice(start, start + 500));
    expect(await bodiesOf(subscribe({ maxBatchSize: 100 }), bodies.length)).toEqual(bodies);
  });

  it('given a reader that tracks it, when an event comes, then it knows the last one of the partition', async () => {
    await send('a', 'b', 'c');
    const subscriber = subscribe({ trackLastEnqueuedEventProperties: true });
    const events = await subscriber.received(3);
    expect(subscriber.lastEnqueued).toMatchObject({ sequenceNumber: 2, offset: events[2]!.offset });
    expect(subscriber.lastEnqueued!.enqueuedOn).toEqual(events[2]!.enqueuedTimeUtc);
  });

  describe('with owner levels', () => {
    it('given a reader with level 1, when another comes with level 1, then the older one is disconnected', async () => {
      await send('a');
      const older = subscribe({ ownerLevel: 1 });
      await older.received(1);
      const newer = subscribe({ ownerLevel: 1 });
      const error = await older.failed();
      expect(error.code).toBe('ReceiverDisconnectedError');
      expect(error.message).toMatch(
        /^New receiver '[-0-9a-f]{36}' with higher epoch of '1' is created hence current receiver '[-0-9a-f]{36}' with/,
      );
      expect(await bodiesOf(newer, 1)).toEqual(['a']);
    });

    it('given a reader with level 1, when one without a level comes, then it is refused', async () => {
      await send('a');
      await subscribe({ ownerLevel: 1 }).received(1);
      const error = await subscribe().failed();
      expect(error.code).toBe('ReceiverDisconnectedError');
      expect(error.message).toMatch(/^At least one receiver for the endpoint is created with epoch of '1'/);
    });

    it('given a reader with level 2, when one with level 1 comes, then it is refused', async () => {
      await send('a');
      await subscribe({ ownerLevel: 2 }).received(1);
      const error = await subscribe({ ownerLevel: 1 }).failed();
      expect(error.message).toMatch(
        /with a higher epoch '2' already exists\. Receiver '[-0-9a-f]{36}' with epoch 1 cannot/,
      );
    });

    it('given three readers without a level, when one with level 1 comes, then all are disconnected', async () => {
      await send('a');
      const plain = [subscribe(), subscribe(), subscribe()];
      for (const one of plain) await one.received(1);
      const owner = subscribe({ ownerLevel: 1 });
      for (const one of plain) expect((await one.failed()).code).toBe('ReceiverDisconnectedError');
      expect(await bodiesOf(owner, 1)).toEqual(['a']);
    });

    it('given five readers of partition 0, when a sixth comes, then it is refused; partition 1 takes one', async () => {
      await send('a');
      for (let count = 0; count < 5; count += 1) await subscribe().received(1);
      const error = await subscribe().failed();
      expect(error.code).toBe('QuotaExceededError');
      expect(error.message).toMatch(/allowed receivers per partition in a consumer group which is 5\./);
      await clients.producer(hub()).sendBatch([{ body: 'b' }], { partitionId: '1' });
      expect(await bodiesOf(clients.subscriber('1', { hub: hub() }), 1)).toEqual(['b']);
    });
  });
});

describe('what is not there', () => {
  let emulator: EventHubsUnderTest;
  let clients: Clients;

  beforeAll(async () => {
    emulator = await startEventHubs();
    clients = new Clients(emulator);
  });
  afterAll(async () => {
    await clients.close();
    await emulator.close();
  });

  it('given an unknown hub, when sent to or read, then it could not be found', async () => {
    const expected = { code: 'MessagingEntityNotFoundError', message: expect.stringContaining('could not be found') };
    await expect(clients.producer('nowhere').sendBatch([{ body: 1 }])).rejects.toMatchObject(expected);
    expect(await clients.subscriber('0', { hub: 'nowhere' }).failed()).toMatchObject(expected);
    await expect(clients.producer('nowhere').getEventHubProperties()).rejects.toMatchObject(expected);
  });

  it('given an unknown group or partition, when read, then it says so', async () => {
    expect(await clients.subscriber('0', { group: 'nobody' }).failed()).toMatchObject({
      code: 'MessagingEntityNotFoundError',
      message: expect.stringMatching(/'localhost:eventhub:orders~0\|nobody' could not be found/),
    });
    expect(await clients.subscriber('9').failed()).toMatchObject({ code: 'ArgumentOutOfRangeError' });
  });

  it('given names in another letter case, when read, then they are found', async () => {
    await clients.producer().sendBatch([{ body: 1 }], { partitionId: '3' });
    const subscriber = clients.subscriber('3', { hub: 'ORDERS', group: '$DEFAULT', startPosition: FROM_START });
    expect(await subscriber.received(1)).toHaveLength(1);
  });
});
