import { expect, test } from 'vitest';
import { given, message, queue, sql, subscription, topic } from './given.ts';

test('smoke', () => {
  const w = given({
    queues: [queue('q'), queue('s', { requiresSession: true })],
    topics: [
      { ...topic('t'), subscriptions: [{ ...subscription('a'), rules: [sql('r', "color = 'red'", 'SET x = 1')] }] },
    ],
  });
  w.send('q', message('1'), message('2'));
  const r = w.open('q');
  r.receive(5);
  expect(r.bodies).toEqual(['1', '2']);
  r.complete();
  r.abandon(r.deliveries[0]);
  r.receive(5);
  expect(r.counts).toEqual([0, 0, 1]);
  w.send('t', message('red', {}, { color: 'red' }), message('blue', {}, { color: 'blue' }));
  expect(w.peekBodies('t/subscriptions/A')).toEqual(['red']);
  w.send('s', message('x', { sessionId: '1' }));
  const s = w.open('s', { session: { next: true, timeoutMs: 1000 } });
  s.receive(2);
  expect(s.bodies).toEqual(['x']);
  s.complete();
  w.broker.close();
  expect(w.clock.pendingTimers).toBe(0);
});
