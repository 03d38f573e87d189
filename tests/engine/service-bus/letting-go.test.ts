/** What is over is let go: a broker that runs for days must not keep the connections of those days. */
import { expect, test } from 'vitest';
import { collectGarbage } from '../../support/garbage.ts';
import { given, MINUTE, message, queue } from './given.ts';

const SESSIONS = 200;

test('receivers that were closed are let go before the locks of their sessions would have ended', async () => {
  const { broker, open, send } = given({ queues: [queue('q', { requiresSession: true, lockDurationMs: 5 * MINUTE })] });
  const held = Array.from({ length: SESSIONS }, (_, n) => {
    send('q', message('body', { sessionId: `s${n}` }));
    const connection = { is: 'held' };
    const receiver = open('q', { session: { id: `s${n}` }, identifier: 'reader', onLost: () => connection.is.length });
    receiver.receive();
    receiver.settle({ kind: 'complete' });
    receiver.receiver.close();
    return new WeakRef(connection);
  });
  await collectGarbage();
  expect(held.filter((each) => each.deref()).length).toBeLessThan(SESSIONS / 2);
  broker.close();
});
