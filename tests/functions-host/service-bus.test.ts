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
      queues: [
        { name: 'orders', maxDeliveryCount: 2 },
        { name: 'sessions', requiresSession: true },
        { name: 'bulk' },
        { name: 'crash' },
        { name: 'slow' },
      ],
      topics: [{ name: 'events', subscriptions: [{ name: 'audit' }] }],
    },
  });
  client = new ServiceBusClient(emulator.connectionString);
  app = await runApp('service-bus', { cloud: { serviceBus: emulator.connectionString } });
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

describe('the Service Bus trigger', () => {
  it('a message arrives with its metadata; what the function returns goes to the topic, and on to its subscriber', async () => {
    await send('orders', {
      body: { id: 'o1' },
      messageId: 'm1',
      correlationId: 'c1',
      subject: 'OrderPlaced',
      contentType: 'application/json',
      replyTo: 'answers',
      to: 'shop',
      applicationProperties: {
        Priority: 'high',
        sheets: 3,
        'Diagnostic-Id': '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    });
    const { order, metadata, trace } = await app.next('order');
    expect(order).toEqual({ id: 'o1' });
    expect(metadata).toMatchObject({
      messageId: 'm1',
      correlationId: 'c1',
      subject: 'OrderPlaced',
      label: 'OrderPlaced',
      contentType: 'application/json',
      replyTo: 'answers',
      to: 'shop',
      deliveryCount: 1,
      sequenceNumber: 1,
      lockToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
      enqueuedTimeUtc: expect.stringMatching(/Z$/),
      expiresAtUtc: '9999-12-31T23:59:59.9999999Z',
      applicationProperties: { priority: 'high', sheets: 3 },
      userProperties: { priority: 'high', sheets: 3 },
    });
    expect(trace).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
    expect(await app.next('audit')).toEqual({
      event: { paid: 'o1' },
      trace: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-/),
    });
  });

  it('a message that fails is delivered again, until the broker dead-letters it', async () => {
    await send('orders', { body: { id: 'o2', fail: true } });
    expect((await app.next('order')).metadata.deliveryCount).toBe(1);
    expect((await app.next('order')).metadata.deliveryCount).toBe(2);
    expect(await app.next('dead')).toMatchObject({
      order: { id: 'o2', fail: true },
      reason: 'MaxDeliveryCountExceeded',
    });
  });

  it('sessions: each in its order, more than there are loops one after another', async () => {
    const sessions = ['a', 'b', 'c'];
    await send(
      'sessions',
      [1, 2, 3, 4].flatMap((n) => sessions.map((sessionId) => ({ body: { n }, sessionId }))),
    );
    const seen: Record<string, number[]> = { a: [], b: [], c: [] };
    for (let count = 0; count < 12; count += 1) {
      const { message, session } = await app.next('session');
      seen[session]!.push(message.n);
    }
    expect(seen).toEqual({ a: [1, 2, 3, 4], b: [1, 2, 3, 4], c: [1, 2, 3, 4] });
  });

  it('a batch arrives as one array, with arrays of metadata', async () => {
    await send('bulk', [
      { body: 'one', messageId: 'b1', applicationProperties: { page: 1 } },
      { body: 'two', messageId: 'b2', applicationProperties: { page: 2 } },
      { body: 'three', messageId: 'b3' },
    ]);
    expect(await app.next('bulk')).toEqual({
      messages: ['one', 'two', 'three'],
      ids: ['b1', 'b2', 'b3'],
      properties: [{ page: 1 }, { page: 2 }, {}],
      counts: [1, 1, 1],
    });
  });

  it('a batch that fails is abandoned whole, and comes again', async () => {
    await fetch(`${app.url}/api/send`, { method: 'POST', body: JSON.stringify(['spoilt', { fresh: 1 }]) });
    expect(await app.next('bulk')).toMatchObject({ messages: ['spoilt', { fresh: 1 }], counts: [1, 1] });
    const again = await app.next('bulk');
    expect(again).toMatchObject({ messages: expect.arrayContaining(['spoilt']) });
    expect(again.counts[0]).toBe(2);
  });

  it('a message whose function took the process down is delivered again', async () => {
    await send('crash', { body: 'careful' });
    expect(await app.next('crash')).toBe(1);
    expect(await app.next('crash')).toBe(2);
  });

  it('runs by hand with a body and with properties, and a batch function with several', async () => {
    const run = (name: string, body: object) =>
      fetch(`${app.url}/admin/functions/${name}`, { method: 'POST', body: JSON.stringify(body) });
    const asked = { input: '{"id":"by hand"}', metadata: { messageId: 'h1' }, applicationProperties: { Who: 'me' } };
    expect((await run('take-order', asked)).status).toBe(202);
    expect(await app.next('order')).toMatchObject({
      order: { id: 'by hand' },
      metadata: { messageId: 'h1', applicationProperties: { who: 'me' } },
    });
    await run('bulk', { inputs: ['x', { y: 1 }] });
    expect((await app.next('bulk')).messages).toEqual(['x', { y: 1 }]);
  });

  it('closing gives back what is being worked on, and is quick', async () => {
    await send('slow', { body: 'half done' });
    expect(await app.next('slow')).toBe('half done');
    await app.close();
    const receiver = client.createReceiver('slow', { receiveMode: 'receiveAndDelete' });
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 });
    expect(message?.body).toBe('half done');
    expect(message?.deliveryCount).toBe(1);
    await receiver.close();
  });
});

describe('an app that is closed as soon as it has started', () => {
  it('says nothing of the links that were not open yet', async () => {
    const brief = await runApp('service-bus', { cloud: { serviceBus: emulator.connectionString } });
    await brief.close();
    expect(brief.lines.filter((line) => line.startsWith('error'))).toEqual([]);
  });
});
