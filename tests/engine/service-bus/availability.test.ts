import { expect, test } from 'vitest';
import type { AvailabilityEvent } from '../../../local/service-bus/engine/index.ts';
import { watchAvailability } from '../../../local/service-bus/engine/index.ts';
import { given, MINUTE, message, ok, queue, SECOND, subscription, topic, type World } from './given.ts';

const NO_LISTENERS = 'ActiveMessagesAvailableWithNoListeners';
const PERIODIC = 'ActiveMessagesAvailablePeriodicNotifications';

function watched(world: World) {
  const events: AvailabilityEvent[] = [];
  const availability = watchAvailability(world.broker, world.clock);
  availability.onEvent((event) => events.push(event));
  const start = world.clock.now();
  /** Seconds since the start at which this type was raised. */
  const at = (type: AvailabilityEvent['type']) =>
    events.filter((event) => event.type === type).map((event) => (event.at - start) / SECOND);
  return { ...world, availability, events, at };
}

const plain = () => watched(given({ queues: [queue('q')] }));

test('a message reaches an empty entity that nobody listens to: at once, then every 2 minutes', () => {
  const { at, clock, events, send } = plain();
  send('q', message('a'));
  send('q', message('b'));
  clock.advanceBy(5 * MINUTE);
  expect(at(NO_LISTENERS)).toEqual([0, 120, 240]);
  expect(events[0]).toMatchObject({
    namespaceName: 'test',
    entityType: 'queue',
    queueName: 'q',
    topicName: undefined,
    subscriptionName: undefined,
  });
});

test('the periodic notification comes every 30 seconds, listeners or not, until the entity is empty', () => {
  const { at, clock, open, send } = plain();
  const receiver = open('q');
  send('q', message('a'));
  clock.advanceBy(70 * SECOND);
  receiver.receive();
  receiver.complete();
  clock.advanceBy(5 * MINUTE);
  expect(at(PERIODIC)).toEqual([0, 30, 60]);
  expect(at(NO_LISTENERS)).toEqual([]);
});

test('a drain leaves messages: they are announced at the next full 2 minutes since the first message', () => {
  const { at, clock, open, send } = plain();
  send('q', message('a'), message('b'));
  clock.advanceBy(SECOND);
  const drain = open('q');
  drain.receive();
  drain.complete();
  clock.advanceBy(20 * SECOND);
  drain.receiver.close();
  clock.advanceBy(99 * SECOND - 1);
  expect(at(NO_LISTENERS)).toEqual([0]);
  clock.advanceBy(1);
  expect(at(NO_LISTENERS)).toEqual([0, 120]);
});

test('a drain that runs over the 2 minutes: the following ones', () => {
  const { at, clock, open, send } = plain();
  send('q', message('a'));
  clock.advanceBy(110 * SECOND);
  const drain = open('q');
  clock.advanceBy(20 * SECOND);
  drain.receiver.close();
  clock.advanceBy(2 * MINUTE);
  expect(at(NO_LISTENERS)).toEqual([0, 240]);
});

test('a drain empties the entity: the next message is announced at once', () => {
  const { at, clock, open, send } = plain();
  send('q', message('a'));
  const drain = open('q');
  drain.receive();
  drain.complete();
  drain.receiver.close();
  clock.advanceBy(10 * SECOND);
  send('q', message('b'));
  expect(at(NO_LISTENERS)).toEqual([0, 10]);
});

test('peeking is no listening', () => {
  const { at, clock, peekBodies, send } = plain();
  send('q', message('a'));
  clock.advanceBy(2 * MINUTE - 1);
  peekBodies('q');
  clock.advanceBy(1);
  expect(at(NO_LISTENERS)).toEqual([0, 120]);
});

test('who waits for the next session listens', () => {
  const { at, clock, send, tryOpen } = watched(given({ queues: [queue('q', { requiresSession: true })] }));
  const waiting = tryOpen('q', { session: { next: true, timeoutMs: MINUTE } });
  send('q', message('a', { sessionId: 's' }), message('b', { sessionId: 't' }));
  expect(at(NO_LISTENERS)).toEqual([]);
  waiting.test.receiver.close();
  clock.advanceBy(2 * MINUTE);
  expect(at(NO_LISTENERS)).toEqual([120]);
});

test('scheduled and deferred messages are not available', () => {
  const { at, broker, clock, open, send } = plain();
  ok(broker.schedule('q', [message('later', { scheduledEnqueueAt: clock.now() + 10 * SECOND })]));
  expect(at(NO_LISTENERS)).toEqual([]);
  clock.advanceBy(10 * SECOND);
  expect(at(NO_LISTENERS)).toEqual([10]);
  const receiver = open('q');
  receiver.receive();
  ok(receiver.settle({ kind: 'defer' }));
  receiver.receiver.close();
  clock.advanceBy(10 * MINUTE);
  expect(at(NO_LISTENERS)).toEqual([10]);
  send('q', message('now'));
  expect(at(NO_LISTENERS)).toEqual([10, 610]);
});

test('subscriptions and dead-letter queues are announced as what they are', () => {
  const { events, open, send } = watched(given({ topics: [{ ...topic('t'), subscriptions: [subscription('s')] }] }));
  const receiver = open('t/Subscriptions/s');
  send('t', message('a'));
  receiver.receive();
  ok(receiver.settle({ kind: 'dead-letter' }));
  expect(events.map(({ type }) => type)).toEqual([
    PERIODIC,
    'DeadletterMessagesAvailablePeriodicNotifications',
    'DeadletterMessagesAvailableWithNoListeners',
  ]);
  expect(events[2]).toMatchObject({
    entityType: 'subscriber',
    queueName: undefined,
    topicName: 't',
    subscriptionName: 's',
  });
});

test('what only passes through an entity is announced where it arrives', () => {
  const { events, send } = watched(given({ queues: [queue('from', { forwardTo: 'to' }), queue('to')] }));
  send('from', message('a'));
  expect(new Set(events.map(({ queueName }) => queueName))).toEqual(new Set(['to']));
});

test('a deleted entity is announced no more, and closing leaves no timer', () => {
  const { at, availability, broker, clock, send } = plain();
  send('q', message('a'));
  ok(broker.deleteQueue('q'));
  clock.advanceBy(10 * MINUTE);
  expect(at(NO_LISTENERS)).toEqual([0]);
  ok(broker.createQueue(queue('q')));
  send('q', message('b'));
  availability.close();
  broker.close();
  expect(clock.pendingTimers).toBe(0);
});
