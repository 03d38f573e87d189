import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, VirtualClock } from '../../local/clock/index.ts';
import { startTestServiceBus, type TestServiceBus } from '../support/service-bus.ts';
import { type RunningApp, runApp } from './support.ts';

const clock = new VirtualClock(Date.now());
/** The host's timers, as they are set. */
const waits = new Set<(durationMs: number) => void>();
const hostClock: Clock = {
  now: () => clock.now(),
  setTimer(dueAt, fire) {
    const id = clock.setTimer(dueAt, fire);
    for (const heard of [...waits]) heard(dueAt - clock.now());
    return id;
  },
  clearTimer: (id) => clock.clearTimer(id),
};
/** Resolves when the host begins to wait for so long. */
const waitOf = (durationMs: number) =>
  new Promise<void>((resolve) => {
    const heard = (waitMs: number) => {
      if (waitMs !== durationMs) return;
      waits.delete(heard);
      resolve();
    };
    waits.add(heard);
  });
let emulator: TestServiceBus;
let app: RunningApp;
let client: ServiceBusClient;

beforeAll(async () => {
  emulator = await startTestServiceBus({
    clock,
    topology: {
      queues: [{ name: 'kept', lockDuration: 'PT5S' }, { name: 'long', lockDuration: 'PT5S' }, { name: 'threes' }],
      topics: [{ name: 'turns', subscriptions: [{ name: 'all', requiresSession: true }] }],
    },
  });
  client = new ServiceBusClient(emulator.connectionString);
  app = await runApp('service-bus-settings', {
    clock: hostClock,
    cloud: { serviceBus: emulator.connectionString },
  });
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

/** Resolves when the broker says that this has happened. */
const nextEvent = (type: string) =>
  new Promise<void>((resolve) => {
    const stop = emulator.serviceBus.broker.onEvent((event) => {
      if (event.type !== type) return;
      stop();
      resolve();
    });
  });

describe('settings of the Service Bus extension', () => {
  it('a function that takes longer than the lock keeps it', async () => {
    let isWaiting = waitOf(2_500);
    await send('long', { body: 'slowly' });
    expect(await app.next('long')).toBe('begins, delivery 1');

    for (let passedMs = 0; passedMs < 12_500; passedMs += 2_500) {
      await isWaiting;
      isWaiting = waitOf(2_500);
      clock.advanceBy(2_500);
    }
    await isWaiting;
    const completed = nextEvent('message-removed');
    await fetch(`${app.url}/api/finish-long`);

    expect(await app.next('long')).toBe('ends');
    await completed;
    expect(app.recorded('long')).toEqual(['begins, delivery 1', 'ends']);
  });

  it('without automatic completion the lock stays, and the message comes again when it has expired', async () => {
    await send('kept', { body: 'stay' });
    expect(await app.next('keep')).toEqual({ message: 'stay', deliveryCount: 1 });
    await app.line(/Executed 'Functions\.keep' \(Succeeded/);

    clock.advanceBy(5_000);

    expect(await app.next('keep')).toEqual({ message: 'stay', deliveryCount: 2 });
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
