// Transactions (docs/fidelity/service-bus-engine.md §13).
import { describe, expect, test } from 'vitest';
import { given, MINUTE, message, ok, queue, refused } from './given.ts';

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
