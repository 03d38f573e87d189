import Long from 'long';
import { describe, expect, test } from 'vitest';
import { codeOf, givenServiceBus, SHORT_WAIT_MS, testOfOurs } from './client.ts';

const given = givenServiceBus({
  topology: { queues: [{ name: 'refunds', requiresSession: true }, { name: 'plain' }] },
});

const send = (sessionId: string, ...bodies: unknown[]) =>
  given()
    .client.createSender('refunds')
    .sendMessages(bodies.map((body) => ({ body, sessionId, messageId: String(body) })));

describe('a session', () => {
  test('is accepted by name, gives its messages in order and is locked for others', async () => {
    await send('one', 'a', 'b');
    await send('two', 'c');
    const { client, connect } = given();
    const session = await client.acceptSession('refunds', 'one');
    expect(session.sessionId).toBe('one');
    expect(session.sessionLockedUntilUtc.getTime()).toBeGreaterThan(Date.now() + 50_000);
    const messages = await session.receiveMessages(5, { maxWaitTimeInMs: SHORT_WAIT_MS });
    expect(messages.map((message) => message.body)).toEqual(['a', 'b']);
    expect(await codeOf(connect().acceptSession('refunds', 'one'))).toBe('SessionCannotBeLocked');
    for (const message of messages) await session.completeMessage(message);
  });

  test('that is empty can be accepted, and gets what comes later', async () => {
    const session = await given().client.acceptSession('refunds', 'early');
    const receiving = session.receiveMessages(1);
    await send('early', 'late');
    expect((await receiving)[0]!.body).toBe('late');
  });

  test('the next one that has messages is accepted, each once', async () => {
    await send('one', 'a');
    await send('two', 'b');
    const { client } = given();
    const accepted = [await client.acceptNextSession('refunds'), await client.acceptNextSession('refunds')];
    expect(accepted.map((session) => session.sessionId)).toEqual(['one', 'two']);
  });

  test('the next one is waited for', async () => {
    const accepting = given().client.acceptNextSession('refunds');
    await send('late', 'a');
    expect((await accepting).sessionId).toBe('late');
  });

  test('when none comes in time the wait ends', async () => {
    const client = given().connect({ retryOptions: { maxRetries: 0, timeoutInMs: 500 } });
    expect(await codeOf(client.acceptNextSession('refunds'))).toBe('ServiceTimeout');
  });

  test('is free at once when it is closed, and its messages are not counted', async () => {
    await send('one', 'a');
    const { client } = given();
    const first = await client.acceptSession('refunds', 'one');
    await first.receiveMessages(1);
    await first.close();
    const second = await client.acceptSession('refunds', 'one');
    const [again] = await second.receiveMessages(1);
    expect([again!.body, again!.deliveryCount]).toEqual(['a', 0]);
  });

  test('keeps its state until it is cleared', async () => {
    const { client } = given();
    const session = await client.acceptSession('refunds', 'one');
    expect(await session.getSessionState()).toBeNull();
    await session.setSessionState({ done: 3 });
    await session.close();
    const again = await client.acceptSession('refunds', 'one');
    expect(await again.getSessionState()).toEqual({ done: 3 });
    await again.setSessionState(null);
    expect(await again.getSessionState()).toBeNull();
    await again.setSessionState({ done: 4 });
    // The Go client clears it so.
    await again.setSessionState(Buffer.alloc(0));
    expect(await again.getSessionState()).toBeNull();
  });

  testOfOurs('renews its lock, and says so when it has lost it', async () => {
    await send('one', 'a');
    const { client, bus } = given();
    const session = await client.acceptSession('refunds', 'one');
    const until = await session.renewSessionLock();
    expect(until.getTime()).toBeGreaterThan(Date.now() + 50_000);
    const [message] = await session.receiveMessages(1);
    const waiting = codeOf(session.receiveMessages(1));
    bus.serviceBus.broker.loseSession('refunds', 'one');
    expect(await waiting).toBe('SessionLockLost');
    expect(await codeOf(session.completeMessage(message!))).toBe('SessionLockLost');
  });

  test('defers, dead-letters and peeks like a queue', async () => {
    await send('one', 'a', 'b', 'c');
    const { client } = given();
    const session = await client.acceptSession('refunds', 'one');
    const [a, b] = await session.receiveMessages(2);
    await session.deferMessage(a!);
    await session.deadLetterMessage(b!, { deadLetterReason: 'no', deadLetterErrorDescription: 'not this' });
    const [deferred] = await session.receiveDeferredMessages(a!.sequenceNumber!);
    await session.completeMessage(deferred!);
    const left = await session.peekMessages(10, { fromSequenceNumber: Long.ZERO });
    expect(left.map((message) => message.body)).toEqual(['c']);
    const dead = client.createReceiver('refunds', { subQueueType: 'deadLetter' });
    const [message] = await dead.receiveMessages(1);
    expect([message!.body, message!.sessionId, message!.deadLetterReason]).toEqual(['b', 'one', 'no']);
  });

  test('streams', async () => {
    await send('one', 1, 2, 3);
    const session = await given().client.acceptSession('refunds', 'one');
    const seen: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      session.subscribe({
        processMessage: async (message) => {
          seen.push(message.body);
          if (seen.length === 3) resolve();
        },
        processError: async ({ error }) => reject(error),
      });
    });
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe('sessions and what has none', () => {
  test('a message without a session id is refused where sessions are required', async () => {
    const sending = given().client.createSender('refunds').sendMessages({ body: 1 });
    await expect(sending).rejects.toThrow('The SessionId was not set on a message');
  });

  test('a plain receiver on a sessionful queue, and a session receiver on a plain one, are refused', async () => {
    const { client } = given();
    const plain = client.createReceiver('refunds').receiveMessages(1, { maxWaitTimeInMs: 100 });
    await expect(plain).rejects.toThrow(/requires sessions/i);
    expect(await codeOf(client.acceptSession('plain', 'one'))).not.toBe('');
  });
});
