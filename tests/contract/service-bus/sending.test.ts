import Long from 'long';
import { describe, expect, test } from 'vitest';
import { codeOf, givenServiceBus, SHORT_WAIT_MS } from './client.ts';

const given = givenServiceBus({
  topology: {
    tier: 'Standard',
    queues: [
      { name: 'orders' },
      { name: 'once', requiresDuplicateDetection: true },
      { name: 'closed', status: 'SendDisabled' },
    ],
    topics: [{ name: 'prices', subscriptions: [{ name: 'all' }, { name: 'more' }] }],
  },
});

async function receiveAll(queue = 'orders') {
  const receiver = given().client.createReceiver(queue, { receiveMode: 'receiveAndDelete' });
  return receiver.receiveMessages(100, { maxWaitTimeInMs: SHORT_WAIT_MS });
}

describe('a sender', () => {
  test('sends every property and gets it back as it was', async () => {
    const sent = {
      body: { photo: 17, tags: ['a', 'ü'] },
      messageId: 'id-1',
      correlationId: 'correlation',
      subject: 'subject',
      to: 'somebody',
      replyTo: 'me',
      replyToSessionId: 'my session',
      contentType: 'application/json',
      partitionKey: 'key',
      timeToLive: 60_000,
      applicationProperties: { text: 'ß', number: 1.5, whole: 7, yes: true, nothing: null },
    };
    await given()
      .client.createSender('orders')
      .sendMessages(sent as never);
    const [got] = await receiveAll();
    expect(got).toMatchObject({ ...sent, deliveryCount: 0, state: 'active' });
    expect(got!.sequenceNumber).toEqual(Long.fromNumber(1));
    expect(got!.enqueuedTimeUtc!.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(got!.expiresAtUtc!.getTime()).toBe(got!.enqueuedTimeUtc!.getTime() + 60_000);
  });

  test.each([
    ['a string', 'text'],
    ['a number', 12],
    ['bytes', Buffer.from([0, 1, 255])],
    ['null', null],
    ['a list', [1, [2, 3]]],
  ])('sends %s as a body', async (_, body) => {
    await given().client.createSender('orders').sendMessages({ body });
    const [got] = await receiveAll();
    expect(got!.body).toEqual(body);
  });

  test.each(['value', 'sequence', 'data'] as const)('keeps an AMQP %s body what it is', async (bodyType) => {
    const body =
      bodyType === 'sequence' ? [[1, 'two'], [3]] : bodyType === 'value' ? { deep: [1, 'x'] } : Buffer.from('d');
    await given().client.createSender('orders').sendMessages({ bodyType, body });
    const [got] = await receiveAll();
    expect(got!._rawAmqpMessage.bodyType).toBe(bodyType);
    expect(got!.body).toEqual(body);
  });

  test('a message without an id gets one from the broker', async () => {
    await given().client.createSender('orders').sendMessages({ body: 'x' });
    const [got] = await receiveAll();
    expect(got!.messageId).toMatch(/^[0-9a-f-]{32,36}$/);
  });

  test('sends a list of messages as one batch, in order', async () => {
    const messages = Array.from({ length: 50 }, (_, index) => ({ body: index }));
    await given().client.createSender('orders').sendMessages(messages);
    const got = await receiveAll();
    expect(got.map((one) => one.body)).toEqual(messages.map((one) => one.body));
  });

  test('a batch takes as much as the tier allows, and is full then', async () => {
    const sender = given().client.createSender('orders');
    const batch = await sender.createMessageBatch();
    expect(batch.maxSizeInBytes).toBe(262_144);
    let count = 0;
    while (batch.tryAddMessage({ body: Buffer.alloc(10_000) })) count++;
    expect(count).toBe(26);
    await sender.sendMessages(batch);
    expect(await receiveAll()).toHaveLength(26);
  });

  test('a message above the limit is refused', async () => {
    const sending = given()
      .client.createSender('orders')
      .sendMessages({ body: Buffer.alloc(300_000) });
    expect(await codeOf(sending)).toBe('MessageSizeExceeded');
  });

  test.each([
    ['a property of 33 KB', { long: 'x'.repeat(33 * 1024) }],
    ['properties of 90 KB', { a: 'x'.repeat(30 * 1024), b: 'x'.repeat(30 * 1024), c: 'x'.repeat(30 * 1024) }],
  ])('refuses %s', async (_, applicationProperties) => {
    const sender = given().client.createSender('orders');
    expect(await codeOf(sender.sendMessages({ body: 'a', applicationProperties }))).toBe('MessageSizeExceeded');
    await sender.sendMessages({ body: 'x'.repeat(100 * 1024), applicationProperties: { fits: 'y'.repeat(31 * 1024) } });
    expect(await receiveAll()).toHaveLength(1);
  });

  test('a duplicate is accepted and dropped', async () => {
    const sender = given().client.createSender('once');
    await sender.sendMessages({ body: 1, messageId: 'same' });
    await sender.sendMessages({ body: 2, messageId: 'same' });
    expect((await receiveAll('once')).map((one) => one.body)).toEqual([1]);
  });

  test('a topic gives every subscription its copy', async () => {
    const { client } = given();
    await client.createSender('prices').sendMessages({ body: 'x' });
    for (const name of ['all', 'more']) {
      const receiver = client.createReceiver('prices', name, { receiveMode: 'receiveAndDelete' });
      const [got] = await receiver.receiveMessages(1);
      expect(got!.body).toBe('x');
    }
  });

  test('an entity that is not there, or takes no messages, says so', async () => {
    const { client } = given();
    const missing = client.createSender('nowhere').sendMessages({ body: 1 });
    await expect(missing).rejects.toThrow(
      `The messaging entity 'sb://${client.fullyQualifiedNamespace}/nowhere' could not be found.`,
    );
    expect(await codeOf(client.createSender('nowhere').sendMessages({ body: 1 }))).toBe('MessagingEntityNotFound');
    expect(await codeOf(client.createSender('closed').sendMessages({ body: 1 }))).toBe('MessagingEntityDisabled');
  });
});

describe('scheduled messages', () => {
  test('wait for their time, can be peeked at and cancelled', async () => {
    const { client } = given();
    const sender = client.createSender('orders');
    const later = new Date(Date.now() + 3_600_000);
    const [first, second] = await sender.scheduleMessages([{ body: 1 }, { body: 2 }], later);
    await sender.cancelScheduledMessages(first!);
    const peeked = await client.createReceiver('orders').peekMessages(10);
    expect(peeked.map((one) => [one.body, one.state, one.sequenceNumber!.equals(second!)])).toEqual([
      [2, 'scheduled', true],
    ]);
    expect(peeked[0]!.scheduledEnqueueTimeUtc).toEqual(later);
    expect(await receiveAll()).toEqual([]);
  });

  test('come at their time, whether scheduled or sent with a time', async () => {
    const { client } = given();
    const sender = client.createSender('orders');
    const soon = new Date(Date.now() + 1_000);
    await sender.scheduleMessages({ body: 'scheduled' }, soon);
    await sender.sendMessages({ body: 'sent', scheduledEnqueueTimeUtc: soon });
    const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
    const got = [...(await receiver.receiveMessages(1)), ...(await receiver.receiveMessages(1))];
    expect(got.map((one) => [one.body, one.state])).toEqual([
      ['scheduled', 'scheduled'],
      ['sent', 'scheduled'],
    ]);
  });

  test('sent with a time that has come, a message never was one', async () => {
    const scheduledEnqueueTimeUtc = new Date(Date.now() - 1000);
    const { client } = given();
    for (const entity of ['orders', 'prices'])
      await client.createSender(entity).sendMessages({ body: entity, scheduledEnqueueTimeUtc });
    const receivers = [client.createReceiver('orders'), client.createReceiver('prices', 'all')];
    for (const receiver of receivers) {
      const [got] = await receiver.receiveMessages(1);
      expect(got).toMatchObject({ state: 'active', scheduledEnqueueTimeUtc });
    }
  });

  test('an unknown number cannot be cancelled', async () => {
    const cancelling = given().client.createSender('orders').cancelScheduledMessages(Long.fromNumber(99));
    expect(await codeOf(cancelling)).toBe('MessageNotFound');
  });
});
