import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../local/clock/index.ts';
import { connectionStringFor, type EventHubsUnderTest, startEventHubs } from '../../support/event-hubs.ts';
import { Clients } from './sdk.ts';

const HOUR_MS = 3_600_000;
/** Long ago, so that the SDK's tokens, which carry the system's time, have not expired by this clock. */
const START = Date.UTC(2020, 0, 1);

describe('runtime properties', () => {
  let emulator: EventHubsUnderTest;
  let clients: Clients;
  let clock: VirtualClock;

  beforeEach(async () => {
    clock = new VirtualClock(START);
    emulator = await startEventHubs({
      clock,
      hubs: [{ name: 'Orders', partitionCount: 3, retentionMs: HOUR_MS }],
      authorizationRules: [
        { name: 'sender', rights: ['Send'], primaryKey: 'c2VuZGVy' },
        { name: 'listener', rights: ['Listen'], primaryKey: 'bGlzdGVuZXI=' },
      ],
    });
    clients = new Clients(emulator);
  });
  afterEach(async () => {
    await clients.close();
    await emulator.close();
  });

  it('given a hub, when asked, then its name, creation and partitions are told', async () => {
    expect(await clients.producer().getEventHubProperties()).toEqual({
      name: 'Orders',
      createdOn: new Date(START),
      partitionIds: ['0', '1', '2'],
      isGeoDrEnabled: false,
    });
  });

  it('given a new partition, when asked, then it is empty and has no last event', async () => {
    expect(await clients.consumer().getPartitionProperties('0')).toEqual({
      eventHubName: 'Orders',
      partitionId: '0',
      beginningSequenceNumber: 0,
      lastEnqueuedSequenceNumber: -1,
      lastEnqueuedOffset: '-1',
      lastEnqueuedOnUtc: new Date('0001-01-01T00:00:00Z'),
      isEmpty: true,
    });
  });

  it('given events that come and expire, when asked, then it says what is retained and what was last', async () => {
    const producer = clients.producer();
    await producer.sendBatch([{ body: 1 }, { body: 2 }], { partitionId: '1' });
    const expected = { lastEnqueuedSequenceNumber: 1, lastEnqueuedOnUtc: new Date(START) };
    const full = await producer.getPartitionProperties('1');
    expect(full).toMatchObject({ ...expected, beginningSequenceNumber: 0, isEmpty: false });
    clock.advanceBy(HOUR_MS);
    const empty = await producer.getPartitionProperties('1');
    expect(empty).toMatchObject({ ...expected, beginningSequenceNumber: 1, isEmpty: true });
    expect(empty.lastEnqueuedOffset).toBe(full.lastEnqueuedOffset);
  });

  it('given a partition that is not there, when asked, then it is out of range', async () => {
    await expect(clients.producer().getPartitionProperties('3')).rejects.toMatchObject({
      code: 'ArgumentOutOfRangeError',
      message: expect.stringContaining('is invalid for an EventHub partition sender or receiver'),
    });
  });

  it('given keys of less than all rights, when used, then each may ask, and do what it may', async () => {
    const sender = clients.producer(
      'orders',
      connectionStringFor(emulator.port, { name: 'sender', value: 'c2VuZGVy' }),
    );
    const listener = clients.producer(
      'orders',
      connectionStringFor(emulator.port, { name: 'listener', value: 'bGlzdGVuZXI=' }),
    );
    expect(await sender.getPartitionIds()).toEqual(['0', '1', '2']);
    expect(await listener.getPartitionIds()).toEqual(['0', '1', '2']);
    await sender.sendBatch([{ body: 1 }]);
    await expect(listener.sendBatch([{ body: 1 }])).rejects.toMatchObject({ code: 'UnauthorizedError' });
  });

  it('given a wrong key, when used, then it is refused', async () => {
    const wrong = clients.producer('orders', connectionStringFor(emulator.port, { name: 'sender', value: 'd3Jvbmc=' }));
    await expect(wrong.getEventHubProperties()).rejects.toMatchObject({ code: 'UnauthorizedError' });
    await expect(wrong.sendBatch([{ body: 1 }])).rejects.toMatchObject({ code: 'UnauthorizedError' });
  });
});
