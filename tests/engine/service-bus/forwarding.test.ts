// Automatic forwarding, of messages and of dead letters (docs/fidelity/service-bus-engine.md §9).
import { describe, expect, test } from 'vitest';
import { applicationOf, given, MINUTE, message, ok, queue, refused, SECOND, subscription, topic } from './given.ts';

const DLQ = '$DeadLetterQueue';

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
