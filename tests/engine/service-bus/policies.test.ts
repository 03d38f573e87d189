// The policies of entities, one story each (docs/fidelity/service-bus-engine.md §2-13), beyond the 30 cases.
import { describe, expect, test } from 'vitest';
import {
  applicationOf,
  bodyOf,
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

describe('locks', () => {
  test('renewed from now, as often as one likes; lost when it ends', () => {
    const { broker, clock, open, send } = given({ queues: [queue('q')] });
    send('q', message('a'));
    const receiver = open('q');
    const token = receiver.receive()[0]!.lockToken!;
    for (let n = 0; n < 5; n += 1) {
      clock.advanceBy(50 * SECOND);
      expect(ok(broker.renewLocks('q', [token])).lockedUntil).toEqual([clock.now() + MINUTE]);
    }
    clock.advanceBy(MINUTE);
    expect(refused(broker.renewLocks('q', [token])).outcome).toBe('lock-lost');
    expect(refused(receiver.settle({ kind: 'complete' })).outcome).toBe('lock-lost');
  });

  test('settling many is all or none', () => {
    const { broker, open, send } = given({ queues: [queue('q')] });
    send('q', message('a'), message('b'));
    const [a] = open('q').receive(2);
    expect(broker.settleAll('q', [a!.lockToken!, 'unknown'], { kind: 'complete' }).ok).toBe(false);
    expect(ok(broker.counts('q')).active).toBe(2);
  });

  test('an abandoned message is the next one, and shows what was modified', () => {
    const { open, send } = given({ queues: [queue('q')] });
    send('q', message('a', {}, { kept: 1 }), message('b'));
    const receiver = open('q');
    receiver.receive();
    ok(receiver.settle({ kind: 'abandon', propertiesToModify: new Map([['tries', { type: 'int', value: 1 }]]) }));
    expect(bodyOf(receiver.receive()[0]!.message)).toBe('a');
    expect(applicationOf(receiver.last.message)).toEqual({ kept: 1, tries: 1 });
  });
});

describe('credit', () => {
  test('waits in the order in which it came, across receivers', () => {
    const { open, send } = given({ queues: [queue('q')] });
    const [first, second] = [open('q'), open('q')];
    first.receiver.setCredit(2);
    second.receiver.setCredit(1);
    first.receiver.setCredit(3);
    send('q', ...['a', 'b', 'c', 'd', 'e'].map((body) => message(body)));
    expect([first.bodies, second.bodies]).toEqual([['a', 'b', 'd'], ['c']]);
  });

  test('taken back, it delivers nothing', () => {
    const { open, send } = given({ queues: [queue('q')] });
    const receiver = open('q');
    receiver.receiver.setCredit(5);
    expect(receiver.receiver.drain()).toBe(5);
    send('q', message('a'));
    expect(receiver.deliveries).toEqual([]);
    receiver.receiver.setCredit(1);
    expect(receiver.bodies).toEqual(['a']);
  });
});

describe('time to live', () => {
  test('without dead-lettering, what expired is dropped as soon as somebody receives', () => {
    const { broker, clock, open, send } = given({ queues: [queue('q')] });
    send('q', message('short', { timeToLiveMs: SECOND }), message('long'));
    const receiver = open('q');
    clock.advanceBy(SECOND);
    expect(ok(broker.counts('q')).total).toBe(1);
    receiver.receive(2);
    expect(receiver.bodies).toEqual(['long']);
  });

  test('in a topic the shorter one wins, and dead letters live for ever', () => {
    const { broker, clock, send } = given({
      topics: [
        {
          ...topic('t', { defaultMessageTimeToLiveMs: MINUTE }),
          subscriptions: [
            subscription('s', { defaultMessageTimeToLiveMs: HOUR, deadLetteringOnMessageExpiration: true }),
          ],
        },
      ],
    });
    send('t', message('a'));
    const peek = (path: string) => ok(broker.peek(path, { fromSequenceNumber: 0, maxCount: 1 })).messages[0]!;
    expect(peek('t/Subscriptions/s').expiresAt).toBe(clock.now() + MINUTE);
    clock.advanceBy(MINUTE);
    broker.openReceiver(
      't/Subscriptions/s',
      { mode: 'peek-lock', identifier: 'r', deliver: () => {}, onLost: () => {} },
      () => {},
    );
    expect(peek(`t/Subscriptions/s/${DLQ}`).expiresAt).toBe(Number.POSITIVE_INFINITY);
  });

  test('a deferred message that expired is not found', () => {
    const { broker, clock, open, send } = given({ queues: [queue('q')] });
    send('q', message('a', { timeToLiveMs: MINUTE }));
    const receiver = open('q');
    receiver.receive();
    ok(receiver.settle({ kind: 'defer' }));
    receiver.receiver.close();
    clock.advanceBy(MINUTE);
    expect(refused(broker.receiveDeferred('q', [1], { mode: 'peek-lock' })).outcome).toBe('message-not-found');
  });
});

describe('dead-letter queue', () => {
  test('takes no sends and no second dead-lettering; abandoning there counts nothing', () => {
    const { broker, open, send } = given({ queues: [queue('q', { maxDeliveryCount: 1 })] });
    send('q', message('a'));
    const receiver = open('q');
    receiver.receive();
    receiver.abandon();
    expect(refused(broker.send(`q/${DLQ}`, [message('b')])).outcome).toBe('not-allowed');
    const dead = open(`q/${DLQ}`);
    for (let n = 0; n < 3; n += 1) {
      dead.receive();
      dead.abandon();
    }
    dead.receive();
    expect(dead.counts).toEqual([1, 1, 1, 1]);
    expect(refused(dead.settle({ kind: 'dead-letter' })).outcome).toBe('not-allowed');
    ok(dead.settle({ kind: 'defer' }));
    expect(
      ok(broker.receiveDeferred(`Q/$deadletterqueue`, [1], { mode: 'receive-and-delete' })).deliveries,
    ).toHaveLength(1);
    expect(ok(broker.counts('q')).total).toBe(0);
  });

  test('a lock that expires there counts nothing either (live test batchReceiver)', () => {
    const { clock, open, send } = given({ queues: [queue('q')] });
    send('q', message('a'));
    const receiver = open('q');
    receiver.receive();
    ok(receiver.settle({ kind: 'dead-letter' }));
    const dead = open(`q/${DLQ}`);
    dead.receive();
    expect(refused(dead.settle({ kind: 'dead-letter' })).outcome).toBe('not-allowed');
    clock.advanceBy(MINUTE);
    expect(dead.receive()).toHaveLength(1);
    expect(dead.counts).toEqual([0, 0]);
  });

  test('keeps sequence number, enqueued time and reason', () => {
    const { clock, open, receiveOne, send } = given({ queues: [queue('q')] });
    const at = clock.now();
    send('q', message('a'));
    clock.advanceBy(SECOND);
    const receiver = open('q');
    receiver.receive();
    ok(
      receiver.settle({
        kind: 'dead-letter',
        reason: 'R',
        description: 'D',
        propertiesToModify: new Map([['x', { type: 'int', value: 1 }]]),
      }),
    );
    const dead = receiveOne(`q/${DLQ}`)!.message;
    expect(dead).toMatchObject({ sequenceNumber: 1, enqueuedAt: at, deliveryCount: 0, deadLetterSource: undefined });
    expect(applicationOf(dead)).toEqual({ x: 1, DeadLetterReason: 'R', DeadLetterErrorDescription: 'D' });
  });
});

describe('sessions', () => {
  const sessionful = () => given({ queues: [queue('q', { requiresSession: true })] });

  test('the next available one is that with the oldest message; who finds none waits', () => {
    const { clock, open, send, tryOpen } = sessionful();
    send('q', message('b1', { sessionId: 'b' }), message('a1', { sessionId: 'a' }), message('b2', { sessionId: 'b' }));
    const next = { session: { next: true, timeoutMs: 5 * SECOND } } as const;
    const [first, second] = [open('q', next), open('q', next)];
    expect([first.receiver.sessionId, second.receiver.sessionId]).toEqual(['b', 'a']);
    const waiting = tryOpen('q', next);
    expect(waiting.outcome).toBeUndefined();
    send('q', message('c1', { sessionId: 'c' }));
    expect(waiting.test.receiver.sessionId).toBe('c');
    const late = tryOpen('q', next);
    clock.advanceBy(5 * SECOND);
    expect(refused(late.outcome!).outcome).toBe('timeout');
    const canceled = tryOpen('q', next);
    canceled.cancel();
    expect(refused(canceled.outcome!).outcome).toBe('canceled');
  });

  test('a session lives on while its link has unused credit (azure-service-bus#694)', () => {
    const { clock, open, send } = sessionful();
    const holder = open('q', { session: { id: 's' } });
    holder.receiver.setCredit(1);
    clock.advanceBy(10 * MINUTE);
    expect(holder.lostBy).toBeUndefined();
    send('q', message('a', { sessionId: 's' }));
    expect(holder.bodies).toEqual(['a']);
    clock.advanceBy(2 * MINUTE);
    expect(holder.lostBy).toBe('session-lock-lost');
  });

  test('in order, abandoned first; state outlives the messages and is cleared by nothing else than nothing', () => {
    const { broker, open, send } = sessionful();
    send('q', ...['1', '2', '3'].map((body) => message(body, { sessionId: 's' })));
    const holder = open('q', { session: { id: 's' } });
    holder.receive(2);
    holder.abandon(holder.deliveries[0]);
    holder.receive(2);
    expect(holder.bodies).toEqual(['1', '2', '1', '3']);
    ok(broker.setSessionState('q', 's', new Uint8Array([1])));
    for (const delivery of holder.deliveries.slice(1)) holder.complete(delivery);
    holder.receiver.close();
    expect(refused(broker.getSessionState('q', 's')).outcome).toBe('session-lock-lost');
    const again = open('q', { session: { id: 's' } });
    expect(ok(broker.getSessionState('q', 's')).state).toEqual(new Uint8Array([1]));
    ok(broker.setSessionState('q', 's', undefined));
    again.receiver.close();
    expect(ok(broker.listSessions('q', { skip: 0, top: 10 })).sessionIds).toEqual([]);
  });

  test('kinds of receivers and messages that do not fit are refused', () => {
    const { broker, tryOpen } = given({ queues: [queue('s', { requiresSession: true }), queue('q')] });
    expect(refused(tryOpen('s').outcome!).outcome).toBe('not-allowed');
    expect(refused(tryOpen('q', { session: { id: 'x' } }).outcome!).outcome).toBe('not-allowed');
    expect(refused(broker.send('s', [message('a')])).outcome).toBe('session-id-missing');
    expect(refused(broker.renewSessionLock('s', 'nobody')).outcome).toBe('session-lock-lost');
  });
});

describe('topics', () => {
  test('a rule that fails dead-letters where that is asked for, and the others run on', () => {
    const rules = [sql('bad', 'sys.Nope = 1'), sql('good', "color = 'red'")];
    const { broker, peekBodies, receiveOne, send } = given({
      topics: [
        {
          ...topic('t'),
          subscriptions: [
            { ...subscription('strict', { deadLetteringOnFilterEvaluationExceptions: true }), rules },
            { ...subscription('lax'), rules },
          ],
        },
      ],
    });
    send('t', message('a', {}, { color: 'red' }));
    expect(peekBodies('t/Subscriptions/strict')).toEqual(['a']);
    expect(peekBodies('t/Subscriptions/lax')).toEqual(['a']);
    expect(ok(broker.counts('t/Subscriptions/lax')).deadLetter).toBe(0);
    expect(applicationOf(receiveOne(`t/Subscriptions/strict/${DLQ}`)!.message)).toHaveProperty('DeadLetterReason');
  });

  test('a sessionful subscription dead-letters what has no session; a disabled one collects', () => {
    const { broker, receiveOne, send, tryOpen } = given({
      topics: [
        {
          ...topic('t'),
          subscriptions: [subscription('s', { requiresSession: true }), subscription('off', { status: 'Disabled' })],
        },
      ],
    });
    send('t', message('a'));
    expect(applicationOf(receiveOne(`t/Subscriptions/s/${DLQ}`)!.message).DeadLetterReason).toBe('Session id is null.');
    expect(refused(tryOpen('t/Subscriptions/off').outcome!).outcome).toBe('entity-disabled');
    ok(broker.updateSubscription('t', subscription('off')));
    expect(receiveOne('t/Subscriptions/off')).toBeDefined();
    expect(refused(tryOpen('t').outcome!).outcome).toBe('entity-not-found');
    expect(refused(broker.send('t/Subscriptions/s', [message('b')])).outcome).toBe('not-allowed');
  });

  test('copies have their own numbers and keep that of the submission; a message without an id gets one', () => {
    const { broker, send } = given({ topics: [{ ...topic('t'), subscriptions: [subscription('s')] }] });
    ok(broker.createSubscription('t', subscription('none'), []));
    send('t', message('a'), message('b'));
    ok(broker.createSubscription('t', subscription('late')));
    send('t', message('c'));
    const of = (name: string) =>
      ok(broker.peek(`t/Subscriptions/${name}`, { fromSequenceNumber: 0, maxCount: 9 })).messages;
    expect(of('late').map((each) => [each.sequenceNumber, each.enqueuedSequenceNumber])).toEqual([[1, 3]]);
    expect(of('none')).toEqual([]);
    const ids = of('s').map((each) => each.properties.messageId);
    expect(new Set(ids).size).toBe(3);
    expect(of('late')[0]!.properties.messageId).toBe(ids[2]);
  });

  test('rules: added, changed, listed by name, removed; refused when they do not parse or are there', () => {
    const { broker, peekBodies, send } = given({ topics: [{ ...topic('t'), subscriptions: [subscription('s')] }] });
    const path = 't/Subscriptions/s';
    ok(broker.addRule(path, sql('red', "color = 'red'")));
    expect(ok(broker.listRules(path)).rules.map(({ rule }) => rule.name)).toEqual(['$Default', 'red']);
    expect(refused(broker.addRule(path, sql('RED', '1=1'))).outcome).toBe('rule-already-exists');
    expect(refused(broker.addRule(path, sql('bad', 'color ='))).outcome).toBe('invalid-rule');
    ok(broker.removeRule(path, '$default'));
    expect(refused(broker.removeRule(path, '$Default')).outcome).toBe('rule-not-found');
    send('t', message('blue', {}, { color: 'blue' }), message('red', {}, { color: 'red' }));
    ok(broker.updateRule(path, sql('red', "color = 'blue'")));
    send('t', message('blue again', {}, { color: 'blue' }));
    expect(peekBodies(path)).toEqual(['red', 'blue again']);
  });
});

describe('forwarding', () => {
  test('to a topic and on; the destination looks for duplicates; the time to live starts anew', () => {
    const { broker, clock, peekBodies, send } = given({
      queues: [queue('in', { forwardTo: 't' }), queue('out', { requiresDuplicateDetection: true })],
      topics: [{ ...topic('t'), subscriptions: [subscription('s', { forwardTo: undefined })] }],
    });
    ok(broker.updateSubscription('t', subscription('s', { forwardTo: 'out' })));
    send('in', message('a', { messageId: 'x', timeToLiveMs: MINUTE }), message('b', { messageId: 'x' }));
    expect(peekBodies('out')).toEqual(['a']);
    const [only] = ok(broker.peek('out', { fromSequenceNumber: 0, maxCount: 9 })).messages;
    expect(only).toMatchObject({ hops: 2, enqueuedSequenceNumber: 1, expiresAt: clock.now() + MINUTE });
    expect(ok(broker.counts('in')).total).toBe(0);
  });

  test('to itself, or to its own topic: round until no hop is left, then to the dead-letter queue, and no further', () => {
    const { broker, receiveOne, send } = given({
      queues: [queue('q')],
      topics: [{ ...topic('t'), subscriptions: [subscription('s')] }],
    });
    ok(broker.updateQueue(queue('q', { forwardTo: 'q', forwardDeadLetteredMessagesTo: 'Q' })));
    ok(broker.updateSubscription('t', subscription('s', { forwardTo: 't' })));
    send('q', message('a'));
    send('t', message('b'));
    expect(ok(broker.counts('q'))).toMatchObject({ active: 0, deadLetter: 1 });
    const { message: dead } = receiveOne(`t/Subscriptions/s/${DLQ}`)!;
    expect(applicationOf(dead).DeadLetterReason).toBe('MaxTransferHopCountExceeded');
  });

  test('from an entity with sessions: taken, and its messages stay', () => {
    const { broker, send } = given({ queues: [queue('out')] });
    ok(broker.createQueue(queue('in', { requiresSession: true, forwardTo: 'out' })));
    send('in', message('a', { sessionId: 's' }));
    expect([ok(broker.counts('in')).active, ok(broker.counts('out')).active]).toEqual([1, 0]);
  });

  test('a destination that is disabled or full: the dead-letter queue of the source', () => {
    const { broker, receiveOne, send } = given({ queues: [queue('in', { forwardTo: 'out' }), queue('out')] });
    ok(broker.updateQueue(queue('out', { status: 'SendDisabled' })));
    send('in', message('a'));
    expect(applicationOf(receiveOne(`in/${DLQ}`)!.message).DeadLetterReason).toBe('MessagingEntityDisabled');
  });

  test('a destination that is deleted: waits, and goes on when it is created again', () => {
    const { broker, peekBodies, send } = given({ queues: [queue('in', { forwardTo: 'out' }), queue('out')] });
    ok(broker.deleteQueue('out'));
    send('in', message('a'));
    expect(ok(broker.counts('in')).active).toBe(1);
    ok(broker.createQueue(queue('OUT')));
    expect(peekBodies('out')).toEqual(['a']);
  });

  test('dead letters move on with their reason and where they come from; full: they wait and are tried again', () => {
    const { broker, clock, open, receiveOne, send } = given({
      queues: [queue('q', { forwardDeadLetteredMessagesTo: 'dead' }), queue('dead', { maxSizeInMegabytes: 1 })],
    });
    const big = message('x'.repeat(1024 * 1000));
    send('dead', big);
    send('q', message('y'.repeat(60_000)));
    const receiver = open('q');
    receiver.receive();
    ok(receiver.settle({ kind: 'dead-letter', reason: 'R' }));
    expect(ok(broker.counts('q')).deadLetter).toBe(1);
    ok(broker.purge('dead'));
    clock.advanceBy(30 * SECOND);
    expect(ok(broker.counts('q')).deadLetter).toBe(0);
    const moved = receiveOne('dead')!.message;
    expect(moved.deadLetterSource).toBe('q');
    expect(applicationOf(moved)).toEqual({ DeadLetterReason: 'R' });
  });

  test('what is set up must be there', () => {
    const { broker } = given({});
    expect(refused(broker.createQueue(queue('q', { forwardTo: 'nowhere' }))).outcome).toBe('invalid-argument');
  });
});

describe('transactions', () => {
  const begun = () => {
    const world = given({ queues: [queue('q'), queue('other')] });
    const transaction = { scopeId: 'c', transactionId: world.broker.declareTransaction('c').transactionId };
    return { ...world, transaction };
  };

  test('sends and settlements happen together at the commit, and not before', () => {
    const { broker, open, peekBodies, send, transaction } = begun();
    send('q', message('a'));
    const receiver = open('q');
    const token = receiver.receive()[0]!.lockToken!;
    ok(broker.send('q', [message('b')], { transaction }));
    ok(broker.settle('q', token, { kind: 'complete' }, { transaction }));
    expect(refused(broker.settle('q', token, { kind: 'complete' })).outcome).toBe('lock-lost');
    expect(peekBodies('q')).toEqual(['a']);
    ok(broker.dischargeTransaction(transaction, false));
    expect(peekBodies('q')).toEqual(['b']);
    expect(refused(broker.dischargeTransaction(transaction, false)).outcome).toBe('transaction-not-found');
  });

  test('two minutes, a hundred messages, one connection, one entity', () => {
    const { broker, clock, peekBodies, transaction } = begun();
    expect(refused(broker.send('q', [message('x')], { transaction: { ...transaction, scopeId: 'd' } })).outcome).toBe(
      'transaction-not-found',
    );
    ok(broker.send('q', [message('a')], { transaction }));
    expect(refused(broker.send('other', [message('b')], { transaction })).outcome).toBe('not-allowed');
    clock.advanceBy(2 * MINUTE);
    expect(refused(broker.dischargeTransaction(transaction, false)).outcome).toBe('transaction-not-found');
    const second = { scopeId: 'c', transactionId: broker.declareTransaction('c').transactionId };
    for (let n = 0; n < 100; n += 1) ok(broker.send('q', [message('m')], { transaction: second }));
    expect(refused(broker.send('q', [message('m')], { transaction: second })).outcome).toBe('transaction-failed');
    expect(refused(broker.dischargeTransaction(second, false)).outcome).toBe('transaction-failed');
    expect(peekBodies('q')).toEqual([]);
  });

  test('a lock that ends before the commit fails it; a connection that goes rolls back', () => {
    const { broker, clock, open, peekBodies, send, transaction } = begun();
    send('q', message('a'));
    const receiver = open('q');
    const token = receiver.receive()[0]!.lockToken!;
    ok(broker.send('q', [message('b')], { transaction }));
    ok(broker.settle('q', token, { kind: 'complete' }, { transaction }));
    clock.advanceBy(MINUTE);
    expect(refused(broker.dischargeTransaction(transaction, false)).outcome).toBe('transaction-failed');
    expect(peekBodies('q')).toEqual(['a']);
    const second = { scopeId: 'c', transactionId: broker.declareTransaction('c').transactionId };
    ok(broker.send('q', [message('c')], { transaction: second }));
    broker.endTransactionScope('c');
    expect(refused(broker.dischargeTransaction(second, false)).outcome).toBe('transaction-not-found');
  });

  test('send-via: moves on at the commit; what cannot goes to the transfer dead-letter queue', () => {
    const { broker, peekBodies, transaction } = begun();
    ok(broker.send('other', [message('a')], { transaction, via: 'q' }));
    expect(peekBodies('other')).toEqual([]);
    ok(broker.dischargeTransaction(transaction, false));
    expect(peekBodies('other')).toEqual(['a']);
    const second = { scopeId: 'c', transactionId: broker.declareTransaction('c').transactionId };
    ok(broker.send('other', [message('b')], { transaction: second, via: 'q' }));
    ok(broker.updateQueue(queue('other', { status: 'Disabled' })));
    ok(broker.dischargeTransaction(second, false));
    expect(ok(broker.counts('q'))).toMatchObject({ active: 0, transferDeadLetter: 1 });
    expect(peekBodies('q/$Transfer/$DeadLetterQueue')).toEqual(['b']);
  });

  test("a session's state is set at the commit, if the session is still held", () => {
    const { broker, clock, open } = given({ queues: [queue('s', { requiresSession: true })] });
    const begin = () => ({ scopeId: 'c', transactionId: broker.declareTransaction('c').transactionId });
    const state = () => ok(broker.getSessionState('s', 'a')).state;
    const receiver = open('s', { session: { id: 'a' } });
    const [first, second, third] = [begin(), begin(), begin()];
    ok(broker.setSessionState('s', 'a', new Uint8Array([1]), { transaction: first }));
    expect(state()).toBeUndefined();
    ok(broker.dischargeTransaction(first, false));
    expect(state()).toEqual(new Uint8Array([1]));
    ok(broker.setSessionState('s', 'a', new Uint8Array([2]), { transaction: second }));
    ok(broker.dischargeTransaction(second, true));
    expect(state()).toEqual(new Uint8Array([1]));
    ok(broker.setSessionState('s', 'a', new Uint8Array([3]), { transaction: third }));
    clock.advanceBy(MINUTE);
    expect(receiver.lostBy).toBe('session-lock-lost');
    expect(refused(broker.dischargeTransaction(third, false)).outcome).toBe('transaction-failed');
  });

  test('what is scheduled for a time that has come by the commit arrives in the order of the operations', () => {
    const { broker, clock, peekBodies, transaction } = begun();
    ok(broker.send('q', [message('first')], { transaction }));
    ok(broker.schedule('q', [message('second', { scheduledEnqueueAt: clock.now() })], { transaction }));
    ok(broker.schedule('q', [message('third', { scheduledEnqueueAt: clock.now() + 1000 })], { transaction }));
    ok(broker.send('q', [message('fourth')], { transaction }));
    clock.advanceBy(2000);
    ok(broker.dischargeTransaction(transaction, false));
    expect(peekBodies('q')).toEqual(['first', 'second', 'third', 'fourth']);
  });

  test('schedule and cancel are rolled back too', () => {
    const { broker, clock, peekBodies, transaction } = begun();
    const scheduledEnqueueAt = clock.now() + MINUTE;
    const { sequenceNumbers } = ok(broker.schedule('q', [message('a', { scheduledEnqueueAt })]));
    ok(broker.cancelScheduled('q', sequenceNumbers, { transaction }));
    ok(broker.schedule('q', [message('b', { scheduledEnqueueAt })], { transaction }));
    ok(broker.dischargeTransaction(transaction, true));
    expect(peekBodies('q')).toEqual(['a']);
    ok(broker.cancelScheduled('q', sequenceNumbers));
    expect(refused(broker.cancelScheduled('q', sequenceNumbers)).outcome).toBe('message-not-found');
  });
});

describe('entities', () => {
  test('status: who may send, who may receive', () => {
    const { broker, open, tryOpen } = given({ queues: [queue('q')] });
    const receiver = open('q');
    const may = (status: 'Active' | 'Disabled' | 'SendDisabled' | 'ReceiveDisabled') => {
      ok(broker.updateQueue(queue('q', { status })));
      return [broker.openSender('q').ok, broker.send('q', [message('a')]).ok, tryOpen('q').outcome!.ok];
    };
    expect(may('SendDisabled')).toEqual([false, false, true]);
    expect(receiver.lostBy).toBeUndefined();
    expect(may('ReceiveDisabled')).toEqual([true, true, false]);
    expect(receiver.lostBy).toBe('entity-disabled');
    expect(may('Disabled')).toEqual([false, false, false]);
    expect(may('Active')).toEqual([true, true, true]);
  });

  test('full: refused, dead letters counting; large: refused by tier', () => {
    const { broker, open, send } = given({ queues: [queue('q', { maxSizeInMegabytes: 1 })] });
    const half = message('x'.repeat(600_000));
    send('q', half);
    expect(refused(broker.send('q', [half]))).toMatchObject({
      outcome: 'quota-exceeded',
      detail: "The maximum entity size has been reached or exceeded for Queue: 'q'.",
    });
    const receiver = open('q');
    receiver.receive();
    ok(receiver.settle({ kind: 'dead-letter' }));
    expect(refused(broker.send('q', [half])).outcome).toBe('quota-exceeded');
    expect(refused(broker.send('q', [message('x'.repeat(1024 * 1024))])).outcome).toBe('message-size-exceeded');
    const standard = given({ queues: [queue('q')] }, { tier: 'Standard' });
    expect(refused(standard.broker.send('q', [message('x'.repeat(256 * 1024))])).outcome).toBe('message-size-exceeded');
    const large = given({ queues: [queue('q', { maxMessageSizeInKilobytes: 102_400 })] });
    large.send('q', message('x'.repeat(5 * 1024 * 1024)));
  });

  test('the largest message of a Premium entity is 1 MB to 100 MB', () => {
    const { broker } = given({});
    for (const maxMessageSizeInKilobytes of [1, 1023, 102_401])
      for (const created of [
        broker.createQueue(queue('q', { maxMessageSizeInKilobytes })),
        broker.createTopic(topic('t', { maxMessageSizeInKilobytes })),
      ])
        expect(refused(created)).toMatchObject({
          outcome: 'invalid-argument',
          detail: "The value for 'MaxMessageSizeInKilobytes' must be between 1024 and 102400.",
        });
    ok(broker.createQueue(queue('q', { maxMessageSizeInKilobytes: 1024 })));
    ok(broker.createTopic(topic('t', { maxMessageSizeInKilobytes: 102_400 })));
  });

  test('deleted when idle: neither used nor listened to, nothing scheduled', () => {
    const { broker, clock, open, send } = given({
      queues: [queue('q', { autoDeleteOnIdleMs: 5 * MINUTE }), queue('busy', { autoDeleteOnIdleMs: 5 * MINUTE })],
    });
    const receiver = open('busy');
    clock.advanceBy(4 * MINUTE);
    send('q', message('a'));
    clock.advanceBy(4 * MINUTE);
    expect(broker.getQueue('q').ok).toBe(true);
    clock.advanceBy(MINUTE);
    expect(broker.getQueue('q').ok).toBe(false);
    receiver.receiver.close();
    clock.advanceBy(5 * MINUTE - 1);
    expect(broker.getQueue('busy').ok).toBe(true);
    clock.advanceBy(MINUTE);
    expect(broker.getQueue('busy').ok).toBe(false);
  });

  test('what is out of its range is refused in the service’s words, with or without the feature', () => {
    const { broker } = given({});
    const DAY = 24 * HOUR;
    expect(refused(broker.createTopic(topic('t', { duplicateDetectionHistoryTimeWindowMs: 25 * DAY })))).toMatchObject({
      outcome: 'argument-out-of-range',
      detail:
        'The value supplied must be between 00:00:20 and 7.00:00:00.\r\nParameter name: DuplicateDetectionHistoryTimeWindow\r\nActual value was 25.00:00:00.',
    });
    expect(refused(broker.createQueue(queue('q', { lockDurationMs: 301_500 }))).detail).toBe(
      "The supplied lock time exceeds the allowed maximum of '5' minutes. To know more visit https://aka.ms/sbResourceMgrExceptions. \r\nParameter name: LockDuration\r\nActual value was 00:05:01.5000000.",
    );
  });

  test('the one message size of the Standard tier is taken, and no other', () => {
    const { broker } = given({}, { tier: 'Standard' });
    expect(refused(broker.createTopic(topic('t', { maxMessageSizeInKilobytes: 1024 }))).outcome).toBe(
      'invalid-argument',
    );
    ok(broker.createTopic(topic('t', { maxMessageSizeInKilobytes: 256 })));
  });

  test('names are found in any case and taken once; what cannot be is refused', () => {
    const { broker, open } = given({ queues: [queue('Orders/EU')], topics: [{ ...topic('T'), subscriptions: [] }] });
    expect(ok(broker.describe('orders/eu/$deadletterqueue')).path).toBe('Orders/EU/$DeadLetterQueue');
    expect(refused(broker.createTopic(topic('orders/eu'))).outcome).toBe('entity-already-exists');
    expect(refused(broker.createQueue(queue('a b'))).outcome).toBe('invalid-argument');
    expect(refused(broker.createQueue(queue('q', { lockDurationMs: HOUR }))).outcome).toBe('argument-out-of-range');
    expect(refused(broker.updateQueue(queue('Orders/EU', { requiresSession: true }))).outcome).toBe('invalid-argument');
    expect(refused(broker.createSubscription('nowhere', subscription('s'))).outcome).toBe('entity-not-found');
    const basic = given({}, { tier: 'Basic' });
    expect(refused(basic.broker.createQueue(queue('q', { requiresSession: true }))).outcome).toBe('not-in-tier');
    expect(refused(basic.broker.createTopic(topic('t'))).outcome).toBe('not-in-tier');
    const receiver = open('orders/EU');
    ok(broker.deleteQueue('ORDERS/EU'));
    expect(receiver.lostBy).toBe('entity-deleted');
    expect(refused(broker.send('Orders/EU', [message('a')])).outcome).toBe('entity-not-found');
  });

  test('batch delete takes the oldest active unlocked ones; purge takes all that are not locked', () => {
    const { broker, clock, open, peekBodies, send } = given({ queues: [queue('q')] });
    send('q', ...['locked', 'old 1', 'old 2', 'old 3'].map((body) => message(body)));
    open('q').receive();
    clock.advanceBy(SECOND);
    send('q', message('new'));
    const before = { enqueuedBefore: clock.now() };
    expect(ok(broker.deleteMessages('q', { maxCount: 2, ...before })).count).toBe(2);
    expect(ok(broker.deleteMessages('q', { maxCount: 4000, ...before })).count).toBe(1);
    expect(refused(broker.deleteMessages('q', { maxCount: 4001, ...before })).outcome).toBe('argument-out-of-range');
    expect(peekBodies('q')).toEqual(['locked', 'new']);
    expect(ok(broker.purge('q')).count).toBe(1);
    expect(peekBodies('q')).toEqual(['locked']);
  });

  test('declared again, a definition that differs is brought up to date and messages stay', () => {
    const { broker, peekBodies, send } = given({ queues: [queue('q')] });
    send('q', message('a'));
    expect(broker.declare({ queues: [queue('q', { maxDeliveryCount: 3 })], topics: [] })).toEqual([]);
    expect(ok(broker.getQueue('q')).definition.maxDeliveryCount).toBe(3);
    expect(peekBodies('q')).toEqual(['a']);
  });

  test('inspection takes locks, sessions and receivers away', () => {
    const { broker, open, send } = given({ queues: [queue('q'), queue('s', { requiresSession: true })] });
    send('q', message('a'));
    const receiver = open('q');
    ok(broker.loseLock('q', receiver.receive()[0]!.lockToken!));
    receiver.receive();
    expect(receiver.counts).toEqual([0, 1]);
    ok(broker.detachReceiver(receiver.receiver.id));
    expect(receiver.lostBy).toBe('detached');
    const holder = open('s', { session: { id: 'x' } });
    ok(broker.loseSession('s', 'x'));
    expect(holder.lostBy).toBe('session-lock-lost');
    expect(broker.receivers()).toEqual([]);
  });
});
