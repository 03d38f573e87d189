// What entities are declared, named, filled, switched off and deleted like (docs/fidelity/service-bus-engine.md §11-12).
import { describe, expect, test } from 'vitest';
import { given, HOUR, MINUTE, message, ok, queue, refused, SECOND, subscription, topic } from './given.ts';

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
