import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServiceBus, type TestServiceBus } from '../support/service-bus.ts';
import { type RunningApp, runApp } from './support.ts';

let emulator: TestServiceBus;
let app: RunningApp;
let client: ServiceBusClient;

beforeAll(async () => {
  emulator = await startTestServiceBus({
    topology: {
      queues: [{ name: 'kept', lockDuration: 'PT5S' }, { name: 'long', lockDuration: 'PT5S' }, { name: 'threes' }],
      topics: [{ name: 'turns', subscriptions: [{ name: 'all', requiresSession: true }] }],
    },
  });
  client = new ServiceBusClient(emulator.connectionString);
  app = await runApp('service-bus-settings', { cloud: { serviceBus: emulator.connectionString } });
});
afterAll(async () => {
  await app?.close();
  await client?.close();
  await emulator?.close();
});

async function send(entity: string, messages: ServiceBusMessage | ServiceBusMessage[]): Promise<void> {
  const sender = client.createSender(entity);
  await sender.sendMessages(messages);
  await sender.close();
}

describe('settings of the Service Bus extension', () => {
  it('without automatic completion the lock stays, and the message comes again when it has expired; a function that takes longer than the lock keeps it', async () => {
    await Promise.all([send('kept', { body: 'stay' }), send('long', { body: 'slowly' })]);
    expect(await app.next('keep')).toEqual({ message: 'stay', deliveryCount: 1 });
    expect(await app.next('keep')).toEqual({ message: 'stay', deliveryCount: 2 });
    expect(await app.next('long')).toBe(1);
    await app.line(/Executed 'Functions\.long' \(Succeeded/);
    const receiver = client.createReceiver('long');
    await expect.poll(async () => (await receiver.peekMessages(1)).length).toBe(0);
    await receiver.close();
  });

  it('minMessageBatchSize: a batch waits until it is full enough', async () => {
    await send('threes', [{ body: 'a' }, { body: 'b' }]);
    await send('threes', { body: 'c' });
    expect(await app.next('threes')).toEqual(['a', 'b', 'c']);
  });

  it('a session’s messages come as batches of that session', async () => {
    await send('turns', [
      { body: 1, sessionId: 's' },
      { body: 2, sessionId: 's' },
      { body: 3, sessionId: 's' },
    ]);
    expect(await app.next('session-batch')).toEqual({ messages: [1, 2, 3], sessions: ['s', 's', 's'] });
  });

  it('an entity that is not there is said once, with the function that wants it', async () => {
    await app.line(/error: Service Bus entity nowhere \(function not-there\): .*nowhere/);
    expect(app.lines.filter((line) => line.includes('entity nowhere'))).toHaveLength(1);
  });
});
