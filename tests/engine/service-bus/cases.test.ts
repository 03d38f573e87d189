// The 30 cases of documented and observed behaviour (docs/fidelity/service-bus-engine.md), one test each, in their order; in one file so that the list can
// be read beside the contract.
import { describe, expect, test } from 'vitest';
import {
  applicationOf,
  given,
  HOUR,
  MINUTE,
  message,
  ok,
  queue,
  refused,
  SECOND,
  sql,
  subscription,
  topic,
} from './given.ts';

const DLQ = '$DeadLetterQueue';

describe('delivery count and the dead-letter queue', () => {
  test('1 a maximum of 3: the third abandon dead-letters at once, with count 3', () => {
    const { broker, open, send, receiveOne } = given({ queues: [queue('q', { maxDeliveryCount: 3 })] });
    send('q', message('a'));
    const receiver = open('q');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      receiver.receive();
      receiver.abandon();
    }
    expect(receiver.counts).toEqual([0, 1, 2]);
    expect(ok(broker.counts('q'))).toMatchObject({ active: 0, deadLetter: 1 });
    const dead = receiveOne(`q/${DLQ}`)!.message;
    expect(dead.deliveryCount).toBe(3);
    expect(applicationOf(dead)).toEqual({
      DeadLetterReason: 'MaxDeliveryCountExceeded',
      DeadLetterErrorDescription: 'Message could not be consumed after 3 delivery attempts.',
    });
  });

  test('2 a maximum of 3: after two abandons the third delivery shows count 2', () => {
    const { open, send } = given({ queues: [queue('q', { maxDeliveryCount: 3 })] });
    send('q', message('a'));
    const receiver = open('q');
    receiver.receive();
    receiver.abandon();
    receiver.receive();
    receiver.abandon();
    expect(receiver.receive()[0]!.message.deliveryCount).toBe(2);
  });
});

describe('settlement without the link', () => {
  test('3 the link of a locked message closes: it stays locked until the lock expires', () => {
    const { clock, open, send } = given({ queues: [queue('q', { lockDurationMs: 30 * SECOND })] });
    send('q', message('a'));
    const first = open('q');
    first.receive();
    first.receiver.close();
    const second = open('q');
    expect(second.receive()).toEqual([]);
    clock.advanceBy(30 * SECOND - 1);
    expect(second.receive()).toEqual([]);
    clock.advanceBy(1);
    second.receive();
    expect(second.counts).toEqual([1]);
  });

  test('4 the link is closed: the token still completes', () => {
    const { broker, open, send } = given({ queues: [queue('q')] });
    send('q', message('a'));
    const receiver = open('q');
    receiver.receive();
    receiver.receiver.close();
    ok(broker.settleAll('q', [receiver.last.lockToken!], { kind: 'complete' }));
    expect(ok(broker.counts('q')).total).toBe(0);
  });

  test('5 released: the count is unchanged', () => {
    const { open, send } = given({ queues: [queue('q')] });
    send('q', message('a'));
    const receiver = open('q');
    receiver.receive();
    ok(receiver.settle({ kind: 'release' }));
    receiver.receive();
    expect(receiver.counts).toEqual([0, 0]);
  });
});

describe('deferral', () => {
  const deferred = (maxDeliveryCount = 10) => {
    const world = given({ queues: [queue('q', { maxDeliveryCount })] });
    world.send('q', message('a'));
    const receiver = world.open('q');
    const sequenceNumber = receiver.receive()[0]!.message.sequenceNumber;
    ok(receiver.settle({ kind: 'defer' }));
    const fetch = () => world.broker.receiveDeferred('q', [sequenceNumber], { mode: 'peek-lock' });
    return { ...world, receiver, fetch, fetchOne: () => ok(fetch()).deliveries[0]! };
  };

  test('6 fetched: count 1, and the state is deferred', () => {
    const { fetchOne, receiver } = deferred();
    expect(receiver.receive()).toEqual([]);
    expect(fetchOne().message).toMatchObject({ deliveryCount: 1, state: 'deferred' });
  });

  test('7 fetched and abandoned: deferred again, with count 2 the next time', () => {
    const { broker, fetchOne, receiver } = deferred();
    ok(broker.settle('q', fetchOne().lockToken!, { kind: 'abandon' }));
    expect(receiver.receive()).toEqual([]);
    expect(fetchOne().message.deliveryCount).toBe(2);
  });

  test('8 fetched with count 1 and dead-lettered: the dead letter has count 1', () => {
    const { broker, fetchOne, receiveOne } = deferred();
    ok(broker.settle('q', fetchOne().lockToken!, { kind: 'dead-letter' }));
    const dead = receiveOne(`q/${DLQ}`)!.message;
    expect(dead.deliveryCount).toBe(1);
    expect(applicationOf(dead)).toEqual({});
  });

  test('9 fetched and locked: fetching again finds nothing', () => {
    const { fetch, fetchOne } = deferred();
    fetchOne();
    expect(refused(fetch()).outcome).toBe('message-not-found');
  });

  test('a fetched message returns to deferred when its lock expires, and is dead-lettered at its maximum', () => {
    const { broker, clock, fetchOne, peekBodies } = deferred(3);
    fetchOne();
    clock.advanceBy(MINUTE);
    expect(fetchOne().message.deliveryCount).toBe(2);
    clock.advanceBy(MINUTE);
    expect(peekBodies(`q/${DLQ}`)).toEqual(['a']);
    expect(ok(broker.counts('q'))).toMatchObject({ active: 0, deferred: 0, deadLetter: 1 });
  });
});

describe('scheduled messages', () => {
  test('10 scheduled under one number, active under another', () => {
    const { broker, clock, receiveOne } = given({ queues: [queue('q')] });
    const due = clock.now() + MINUTE;
    const { sequenceNumbers } = ok(broker.schedule('q', [message('a', { scheduledEnqueueAt: due })]));
    expect(sequenceNumbers).toEqual([1]);
    expect(receiveOne('q')).toBeUndefined();
    clock.advanceBy(MINUTE);
    expect(receiveOne('q')!.message).toMatchObject({ sequenceNumber: 2, enqueuedAt: due });
  });

  test('11 the time to live of a scheduled message counts from its activation', () => {
    const { broker, clock, receiveOne } = given({ queues: [queue('q')] });
    const scheduledEnqueueAt = clock.now() + 5 * MINUTE;
    ok(broker.schedule('q', [message('a', { scheduledEnqueueAt, timeToLiveMs: MINUTE })]));
    clock.advanceBy(5 * MINUTE);
    expect(receiveOne('q')).toBeDefined();
  });

  test('12 scheduled to a topic: in the topic, not in its subscriptions', () => {
    const { broker, clock, peekBodies } = given({ topics: [{ ...topic('t'), subscriptions: [subscription('s')] }] });
    ok(broker.schedule('t', [message('a', { scheduledEnqueueAt: clock.now() + MINUTE })]));
    expect(peekBodies('t/Subscriptions/s')).toEqual([]);
    expect(peekBodies('t')).toEqual(['a']);
    clock.advanceBy(MINUTE);
    expect(peekBodies('t/Subscriptions/s')).toEqual(['a']);
    expect(peekBodies('t')).toEqual([]);
  });
});

describe('time to live', () => {
  const lockedPastItsTime = () => {
    const world = given({ queues: [queue('q', { deadLetteringOnMessageExpiration: true })] });
    world.send('q', message('a', { timeToLiveMs: 10 * SECOND }));
    const receiver = world.open('q');
    receiver.receive();
    world.clock.advanceBy(20 * SECOND);
    return { ...world, receiver };
  };

  test('13 it ends while the message is locked: completing succeeds', () => {
    const { broker, receiver } = lockedPastItsTime();
    receiver.complete();
    expect(ok(broker.counts('q')).total).toBe(0);
  });

  test('14 it ends while the message is locked: abandoning dead-letters it', () => {
    const { receiver, receiveOne } = lockedPastItsTime();
    receiver.abandon();
    expect(applicationOf(receiveOne(`q/${DLQ}`)!.message)).toEqual({
      DeadLetterReason: 'TTLExpiredException',
      DeadLetterErrorDescription: 'The message expired and was dead lettered.',
    });
  });

  test('15 the entity allows less than the message asks for', () => {
    const { clock, send, receiveOne } = given({ queues: [queue('q', { defaultMessageTimeToLiveMs: MINUTE })] });
    send('q', message('a', { timeToLiveMs: HOUR }));
    expect(receiveOne('q')!.message.expiresAt).toBe(clock.now() + MINUTE);
  });

  test('16 expired with nobody receiving: it still counts', () => {
    const { broker, clock, open, send } = given({ queues: [queue('q', { deadLetteringOnMessageExpiration: true })] });
    send('q', message('a', { timeToLiveMs: SECOND }));
    clock.advanceBy(HOUR);
    expect(ok(broker.counts('q'))).toMatchObject({ active: 1, deadLetter: 0 });
    open('q');
    expect(ok(broker.counts('q'))).toMatchObject({ active: 0, deadLetter: 1 });
  });
});

describe('sessions', () => {
  const sessionful = () => given({ queues: [queue('q', { requiresSession: true })] });

  test('17 the link closes: the session is free at once, and nothing is counted', () => {
    const { open, send } = sessionful();
    send('q', message('a', { sessionId: 's' }));
    const first = open('q', { session: { id: 's' } });
    first.receive();
    first.receiver.close();
    const second = open('q', { session: { id: 's' } });
    second.receive();
    expect(second.counts).toEqual([0]);
  });

  test('what was dead-lettered is in the dead-letter queue alone, and the close of the session gives only the rest back', () => {
    const { broker, open, receiveOne, peekBodies, send } = sessionful();
    send('q', message('a', { sessionId: 's' }), message('b', { sessionId: 's' }), message('c', { sessionId: 's' }));
    const first = open('q', { session: { id: 's' } });
    const [a] = first.receive(2);
    ok(first.settle({ kind: 'dead-letter' }, a));
    const dead = open(`q/${DLQ}`);
    dead.receive();
    first.receiver.close();
    expect(refused(first.settle({ kind: 'complete' })).outcome).toBe('lock-lost');
    expect(peekBodies('q')).toEqual(['b', 'c']);
    expect(ok(broker.counts('q'))).toMatchObject({ active: 2, deadLetter: 1 });
    dead.complete();
    expect(receiveOne(`q/${DLQ}`)).toBeUndefined();
    const second = open('q', { session: { id: 's' } });
    expect(second.receive(9)).toHaveLength(2);
    expect([second.bodies, second.counts]).toEqual([
      ['b', 'c'],
      [0, 0],
    ]);
  });

  test('18 the lock of the session expires: its unsettled message counts one more', () => {
    const { clock, open, send } = sessionful();
    send('q', message('a', { sessionId: 's' }));
    const first = open('q', { session: { id: 's' } });
    first.receive();
    clock.advanceBy(MINUTE);
    expect(first.lostBy).toBe('session-lock-lost');
    const second = open('q', { session: { id: 's' } });
    second.receive();
    expect(second.counts).toEqual([1]);
    expect(refused(first.settle({ kind: 'complete' })).outcome).toBe('lock-lost');
  });

  test('19 an empty session is accepted by its id, locked, and gets what comes', () => {
    const { open, tryOpen, send } = sessionful();
    const holder = open('q', { session: { id: 's' } });
    expect(refused(tryOpen('q', { session: { id: 's' } }).outcome!).outcome).toBe('session-cannot-be-locked');
    holder.receiver.setCredit(1);
    send('q', message('a', { sessionId: 's' }));
    expect(holder.bodies).toEqual(['a']);
  });

  test('20 renewed, a session outlives its first lock', () => {
    const { broker, clock, open, send } = sessionful();
    send('q', message('a', { sessionId: 's' }));
    const holder = open('q', { session: { id: 's' } });
    holder.receive();
    clock.advanceBy(45 * SECOND);
    expect(ok(broker.renewSessionLock('q', 's')).lockedUntil).toBe(clock.now() + MINUTE);
    clock.advanceBy(45 * SECOND);
    expect(holder.receive()).toEqual([]);
    expect(holder.lostBy).toBeUndefined();
    holder.complete();
  });

  test('21 the dead-letter queue of a sessionful entity is read without a session', () => {
    const { open, send, receiveOne } = sessionful();
    send('q', message('a', { sessionId: 's' }));
    const holder = open('q', { session: { id: 's' } });
    holder.receive();
    ok(holder.settle({ kind: 'dead-letter', reason: 'no good' }));
    const dead = receiveOne(`q/${DLQ}`)!.message;
    expect(dead.properties.sessionId).toBe('s');
  });

  test('22 a session that has only state is listed', () => {
    const { broker, open } = sessionful();
    const holder = open('q', { session: { id: 's' } });
    ok(broker.setSessionState('q', 's', new Uint8Array([1, 2, 3])));
    holder.receiver.close();
    expect(ok(broker.listSessions('q', { skip: 0, top: 10 })).sessionIds).toEqual(['s']);
  });

  test('23 messages without state: not listed by a time', () => {
    const { broker, clock, send } = sessionful();
    const before = clock.now() - 1;
    send('q', message('a', { sessionId: 's' }));
    expect(ok(broker.listSessions('q', { stateSetAfter: before, skip: 0, top: 10 })).sessionIds).toEqual([]);
    expect(ok(broker.listSessions('q', { skip: 0, top: 10 })).sessionIds).toEqual(['s']);
  });
});

describe('duplicate detection', () => {
  const detecting = () => given({ queues: [queue('q', { requiresDuplicateDetection: true })] });

  test('24 the id of a dead letter is still known: sent again it is accepted and lost', () => {
    const { broker, open, send } = detecting();
    send('q', message('a', { messageId: 'x' }));
    const receiver = open('q');
    receiver.receive();
    ok(receiver.settle({ kind: 'dead-letter' }));
    expect(send('q', message('again', { messageId: 'x' }))).toEqual([0]);
    expect(ok(broker.counts('q'))).toMatchObject({ active: 0, deadLetter: 1 });
  });

  test('25 scheduled first, sent after: the second is dropped, and the other way round', () => {
    const { broker, clock, send, peekBodies } = detecting();
    const scheduledEnqueueAt = clock.now() + MINUTE;
    ok(broker.schedule('q', [message('first', { messageId: 'x', scheduledEnqueueAt })]));
    send('q', message('second', { messageId: 'x' }), message('third', { messageId: 'y' }));
    ok(broker.schedule('q', [message('fourth', { messageId: 'y', scheduledEnqueueAt })]));
    expect(peekBodies('q')).toEqual(['first', 'third']);
  });
});

describe('topics, forwarding, transactions, peek', () => {
  test('26 two rules with an action and three without match: three copies', () => {
    const rules = [
      sql('a1', '1 = 1', "SET mark = 'one'"),
      sql('a2', '1 = 1', "SET mark = 'two'"),
      sql('p1', '1 = 1'),
      sql('p2', '1 = 1'),
      sql('p3', '1 = 1'),
    ];
    const { broker, send } = given({ topics: [{ ...topic('t'), subscriptions: [{ ...subscription('s'), rules }] }] });
    send('t', message('a', { messageId: 'm' }));
    const copies = ok(broker.peek('t/Subscriptions/s', { fromSequenceNumber: 0, maxCount: 10 })).messages;
    expect(copies.map(applicationOf)).toEqual([{ mark: 'one', RuleName: 'a1' }, { mark: 'two', RuleName: 'a2' }, {}]);
    expect(copies.map((copy) => copy.properties.messageId)).toEqual(['m', 'm', 'm']);
    expect(new Set(copies.map((copy) => copy.sequenceNumber)).size).toBe(3);
  });

  test('27 a forwarding source cannot be received from', () => {
    const { tryOpen } = given({ queues: [queue('source', { forwardTo: 'target' }), queue('target')] });
    expect(refused(tryOpen('source').outcome!)).toMatchObject({
      outcome: 'not-allowed',
      detail: 'Cannot create a message receiver on an entity with auto-forwarding enabled.',
    });
  });

  test('28 the fifth hop ends in the dead-letter queue, not the transfer dead-letter queue', () => {
    const { broker, send, receiveOne } = given({
      queues: [...[1, 2, 3, 4, 5].map((n) => queue(`q${n}`, { forwardTo: `q${n + 1}` })), queue('q6')],
    });
    send('q1', message('a'));
    send('q2', message('b'));
    expect(ok(broker.counts('q6')).active).toBe(1);
    expect(ok(broker.counts('q5'))).toMatchObject({ active: 0, deadLetter: 1, transferDeadLetter: 0 });
    expect(applicationOf(receiveOne(`q5/${DLQ}`)!.message)).toEqual({
      DeadLetterReason: 'MaxTransferHopCountExceeded',
    });
  });

  test('29 completed in a transaction that rolls back: it can be completed', () => {
    const { broker, open, send } = given({ queues: [queue('q')] });
    send('q', message('a'));
    const receiver = open('q');
    const [delivery] = receiver.receive();
    const transaction = { scopeId: 'c', transactionId: broker.declareTransaction('c').transactionId };
    ok(broker.settle('q', delivery!.lockToken!, { kind: 'complete' }, { transaction }));
    ok(broker.dischargeTransaction(transaction, true));
    receiver.complete();
    expect(ok(broker.counts('q')).total).toBe(0);
  });

  test('30 peeked from a number that is gone: the next higher', () => {
    const { open, send, peekBodies } = given({ queues: [queue('q')] });
    send('q', message('a'), message('b'), message('c'));
    const receiver = open('q');
    const [, second] = receiver.receive(2);
    receiver.complete(second);
    expect(peekBodies('q', 2)).toEqual(['c']);
    expect(peekBodies('q')).toEqual(['a', 'c']);
  });
});
