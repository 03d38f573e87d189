import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventHubsUnderTest, startEventHubs } from '../../support/event-hubs.ts';
import { Clients } from './sdk.ts';

describe('a publication over the limit', () => {
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

  it('given an event over the limit, when refused, then the link lives on and the next one works', async () => {
    const producer = clients.producer();
    await producer.sendBatch([{ body: 'before' }], { partitionId: '0' });
    const tooLarge = producer.sendBatch([{ body: Buffer.alloc(1_100_000) }], { partitionId: '0' });
    await expect(tooLarge).rejects.toMatchObject({
      code: 'MessageTooLargeError',
      message: expect.stringMatching(/exceeds the limit \(1048576 bytes\) currently allowed on the link\./),
    });
    await producer.sendBatch([{ body: 'after' }], { partitionId: '0' });
    const events = await clients.subscriber('0').received(2);
    expect(events.map((event) => event.body)).toEqual(['before', 'after']);
  });
});
