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
