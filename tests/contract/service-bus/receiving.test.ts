import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { describe, expect, test } from 'vitest';
import { codeOf, givenServiceBus, SHORT_WAIT_MS, testOfOurs } from './client.ts';

const given = givenServiceBus({
  topology: {
    queues: [
      { name: 'orders', maxDeliveryCount: 3 },
      { name: 'closed', status: 'ReceiveDisabled' },
      { name: 'forwarding', forwardTo: 'orders' },
      { name: 'quick', lockDuration: 'PT5S' },
    ],
    topics: [{ name: 'prices', subscriptions: [{ name: 'all' }] }],
  },
});

const send = (body: unknown, extra: object = {}) =>
  given()
    .client.createSender('orders')
    .sendMessages({ body, messageId: String(body), ...extra });
const one = async (receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> =>
  (await receiver.receiveMessages(1, { maxWaitTimeInMs: 5 * SHORT_WAIT_MS }))[0]!;
const nothing = async (receiver: ServiceBusReceiver) =>
  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: SHORT_WAIT_MS / 4 })).toEqual([]);

describe('in peek-lock', () => {
  test('a completed message is gone', async () => {
    await send('a');
    const receiver = given().client.createReceiver('orders');
    const message = await one(receiver);
    expect(message.lockToken).toMatch(/^[0-9a-f]{8}-/);
    expect(message.lockedUntilUtc!.getTime()).toBeGreaterThan(Date.now() + 50_000);
    await receiver.completeMessage(message);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test('an abandoned message comes again, counted, with its properties modified', async () => {
    await send('a', { applicationProperties: { kept: 1, changed: 'old' } });
    const receiver = given().client.createReceiver('orders');
    await receiver.abandonMessage(await one(receiver), { changed: 'new', added: true });
    const again = await one(receiver);
    expect(again.deliveryCount).toBe(1);
    expect(again.applicationProperties).toEqual({ kept: 1, changed: 'new', added: true });
  });

  test('after as many deliveries as allowed it is in the dead-letter queue', async () => {
    await send('a');
    const { client } = given();
    const receiver = client.createReceiver('orders');
    for (let time = 0; time < 3; time++) await receiver.abandonMessage(await one(receiver));
    const dead = await one(client.createReceiver('orders', { subQueueType: 'deadLetter' }));
    expect(dead.deadLetterReason).toBe('MaxDeliveryCountExceeded');
    expect(dead.deadLetterErrorDescription).toBe('Message could not be consumed after 3 delivery attempts.');
    expect(dead.deliveryCount).toBe(3);
  });

  test('a dead-lettered message says why, and is completed there', async () => {
    await send('a');
    const { client } = given();
    const receiver = client.createReceiver('orders');
    await receiver.deadLetterMessage(await one(receiver), {
      deadLetterReason: 'unreadable',
      deadLetterErrorDescription: 'no image',
      page: 3,
    });
    const deadLetters = client.createReceiver('orders', { subQueueType: 'deadLetter' });
    const dead = await one(deadLetters);
    expect([dead.deadLetterReason, dead.deadLetterErrorDescription]).toEqual(['unreadable', 'no image']);
    expect(dead.applicationProperties).toMatchObject({ page: 3 });
    await deadLetters.completeMessage(dead);
    await nothing(deadLetters);
  });

  test('a dead-lettered message without a reason has none', async () => {
    await send('a');
    const { client } = given();
    const receiver = client.createReceiver('orders');
    await receiver.deadLetterMessage(await one(receiver));
    const dead = await one(client.createReceiver('orders', { subQueueType: 'deadLetter' }));
    expect(dead.applicationProperties ?? {}).not.toHaveProperty('DeadLetterReason');
  });

  test('a deferred message is received by its number, and can be completed, abandoned and dead-lettered', async () => {
    for (const id of ['a', 'b', 'c']) await send(id);
    const { client } = given();
    const receiver = client.createReceiver('orders');
    const messages = await receiver.receiveMessages(3);
    for (const message of messages) await receiver.deferMessage(message, { deferred: 'yes' });
    await nothing(receiver);
    const numbers = messages.map((message) => message.sequenceNumber!);
    const fetched = await receiver.receiveDeferredMessages(numbers);
    expect(fetched.map((message) => [message.body, message.deliveryCount, message.state])).toEqual([
      ['a', 1, 'deferred'],
      ['b', 1, 'deferred'],
      ['c', 1, 'deferred'],
    ]);
    expect(fetched[0]!.applicationProperties).toEqual({ deferred: 'yes' });
    await receiver.completeMessage(fetched[0]!);
    await receiver.abandonMessage(fetched[1]!);
    await receiver.deadLetterMessage(fetched[2]!, {
      deadLetterReason: 'late',
      deadLetterErrorDescription: 'too late',
    });
    const [again] = await receiver.receiveDeferredMessages(numbers[1]!);
    expect(again!.deliveryCount).toBe(2);
    const dead = await one(client.createReceiver('orders', { subQueueType: 'deadLetter' }));
    expect([dead.body, dead.deadLetterReason]).toEqual(['c', 'late']);
    expect(await codeOf(receiver.receiveDeferredMessages(numbers[0]!))).toBe('MessageNotFound');
  });

  testOfOurs('a lock can be renewed, and one that is lost cannot be settled', async () => {
    await send('a');
    const { client, bus } = given();
    const receiver = client.createReceiver('orders');
    const message = await one(receiver);
    const until = await receiver.renewMessageLock(message);
    expect(until.getTime()).toBeGreaterThan(Date.now() + 50_000);
    bus.serviceBus.broker.loseLock('orders', message.lockToken!);
    expect(await codeOf(receiver.completeMessage(message))).toBe('MessageLockLost');
    expect(await codeOf(receiver.renewMessageLock(message))).toBe('MessageLockLost');
  });

  test('a message is settled after its link is closed', async () => {
    await send('a');
    const { client } = given();
    const receiver = client.createReceiver('orders');
    const message = await one(receiver);
    await receiver.close();
    const other = client.createReceiver('orders');
    await nothing(other);
    await other.completeMessage(message);
    expect(await other.peekMessages(1)).toEqual([]);
  });

  test('two receivers share the messages', async () => {
    const { client, connect } = given();
    const seen: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      for (const receiver of [client.createReceiver('orders'), connect().createReceiver('orders')]) {
        receiver.subscribe(
          {
            processMessage: async (message) => {
              seen.push(message.body);
              if (seen.length === 40) resolve();
            },
            processError: async () => undefined,
          },
          { maxConcurrentCalls: 5 },
        );
      }
    });
    for (let index = 0; index < 40; index++) await send(index);
    await done;
    expect(new Set(seen).size).toBe(40);
  });

  test('a stream hands over, completes, and stops when it is closed', async () => {
    const { client } = given();
    const receiver = client.createReceiver('orders');
    const seen: unknown[] = [];
    let enough: () => void;
    const done = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const subscription = receiver.subscribe({
      processMessage: async (message) => {
        seen.push(message.body);
        if (seen.length === 10) enough();
      },
      processError: async () => undefined,
    });
    for (let index = 0; index < 10; index++) await send(index);
    await done;
    await subscription.close();
    await receiver.close();
    await send('later');
    const left = await client.createReceiver('orders').peekMessages(20);
    expect(left.map((message) => message.body)).toEqual(['later']);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('an iterator gives one after the other', async () => {
    for (const id of ['a', 'b']) await send(id);
    const receiver = given().client.createReceiver('orders');
    const seen: unknown[] = [];
    for await (const message of receiver.getMessageIterator()) {
      seen.push(message.body);
      await receiver.completeMessage(message);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['a', 'b']);
  });
});

describe('in receive-and-delete', () => {
  test('a message is gone when it is received', async () => {
    for (const id of ['a', 'b', 'c']) await send(id);
    const receiver = given().client.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
    const got = await receiver.receiveMessages(2);
    expect(got.map((message) => message.body)).toEqual(['a', 'b']);
    const left = await receiver.peekMessages(10);
    expect(left.map((message) => message.body)).toEqual(['c']);
  });
});

describe('peeking', () => {
  test('shows what is there from a number on, and locks nothing', async () => {
    for (const id of ['a', 'b', 'c']) await send(id);
    const receiver = given().client.createReceiver('orders');
    const all = await receiver.peekMessages(10);
    expect(all.map((message) => message.body)).toEqual(['a', 'b', 'c']);
    expect(all[0]!.lockToken).toBeUndefined();
    const next = await receiver.peekMessages(1, { fromSequenceNumber: all[1]!.sequenceNumber });
    expect(next[0]!.body).toBe('b');
    expect((await receiver.receiveMessages(3)).length).toBe(3);
  });

  test('can leave the body out', async () => {
    await send('a');
    const receiver = given().client.createReceiver('orders');
    const [peeked] = await receiver.peekMessages(1, { omitMessageBody: true } as object);
    expect(peeked!.body).toBeUndefined();
    expect(peeked!.messageId).toBe('a');
    const { deliveryAnnotations } = peeked!._rawAmqpMessage;
    expect(Number(deliveryAnnotations?.['omitted-message-body-size'])).toBeGreaterThan(0);
    const [whole] = await receiver.peekMessages(1, { fromSequenceNumber: peeked!.sequenceNumber! });
    expect(whole!._rawAmqpMessage.deliveryAnnotations).toEqual({});
  });
});

describe('what cannot be received from', () => {
  test.each([
    ['nowhere', 'MessagingEntityNotFound'],
    ['closed', 'MessagingEntityDisabled'],
    ['prices', 'MessagingEntityNotFound'],
    ['forwarding', 'GeneralError'],
  ])('%s: %s', async (entity, code) => {
    const receiver = given().client.createReceiver(entity);
    expect(await codeOf(receiver.receiveMessages(1, { maxWaitTimeInMs: 100 }))).toBe(code);
  });
});
