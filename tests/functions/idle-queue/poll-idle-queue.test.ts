import { describe, expect, it } from 'vitest';
import { pollIdleQueue } from '../../../functions/idle-queue/poll-idle-queue.ts';
import { createRefundLedger } from '../../../functions/idle-queue/refund-ledger.ts';
import { RefundOrder } from '../../../shared/messages/refund-order.ts';
import { example, keptLog, now } from '../../support/app/handling.ts';
import { IdleSessions } from '../../support/app/idle-sessions.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { recordingMessaging } from '../../support/app/recording-messaging.ts';

function desk(wakeUp: 'events' | 'timer', deadLettersOf: readonly string[] = []) {
  const rows = memoryRows();
  const refunds = new IdleSessions();
  const asked: string[] = [];
  const triaged: string[] = [];
  const poll = () =>
    pollIdleQueue({
      wakeUp,
      backlog: {
        hasMessages: async (queue) => {
          asked.push(queue);
          return refunds.left > 0;
        },
        hasDeadLetters: async (queue) => deadLettersOf.includes(queue),
      },
      refunds,
      ledger: createRefundLedger(rows, now),
      deadLetters: { forEach: async (queue) => void triaged.push(queue) },
      parked: memoryRows(),
      messaging: recordingMessaging(),
      now,
      log: keptLog(),
    });
  return { rows, refunds, asked, triaged, poll };
}

function refund(refundId: string) {
  const data = { refundId, orderId: 'o-1', amountInCents: 100, orderTotalInCents: 1000 };
  return { ok: true as const, message: example(RefundOrder, data, refundId) };
}

describe('poll-idle-queue', () => {
  it('given a namespace that raises events, then it looks at nothing', async () => {
    const { refunds, asked, poll } = desk('events');
    refunds.put('o-1', refund('r-1'));
    expect(await poll()).toEqual({ outcome: 'done' });
    expect([asked, refunds.left]).toEqual([[], 1]);
  });

  it('given a timer and refunds, then they are drained just as an event would have had it', async () => {
    const { refunds, rows, poll } = desk('timer');
    refunds.put('o-1', refund('r-1')).put('o-1', refund('r-2'));
    expect(await poll()).toEqual({ outcome: 'done' });
    expect(rows.all().map(({ refundId }) => refundId)).toEqual(['r-1', 'r-2']);
  });

  it('given a timer and an empty queue, then no session is asked for, which would be listening', async () => {
    const { refunds, asked, poll } = desk('timer');
    const steps: string[] = [];
    refunds.onStep = (step) => void steps.push(step);
    await poll();
    expect([asked, steps]).toEqual([['refunds'], []]);
  });

  it('given dead letters, then just those queues are triaged that have some', async () => {
    const { triaged, poll } = desk('timer', ['orders', 'refunds']);
    await poll();
    expect(triaged).toEqual(['orders', 'refunds']);
  });

  it('given a refund that cannot be paid now, then it fails, after the dead letters were seen to', async () => {
    const { refunds, rows, triaged, poll } = desk('timer', ['orders']);
    refunds.put('o-1', refund('r-1'));
    rows.interruptNext('insert', () => {
      throw new Error('the table is away');
    });
    expect(await poll()).toMatchObject({ outcome: 'retry' });
    expect(triaged).toEqual(['orders']);
  });
});
