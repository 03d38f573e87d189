import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drainIdleQueue } from '../../../functions/idle-queue/drain-idle-queue.ts';
import { createRefundLedger } from '../../../functions/idle-queue/refund-ledger.ts';
import { ActiveMessagesWithoutListeners } from '../../../shared/messages/messages-without-listeners.ts';
import { RefundOrder } from '../../../shared/messages/refund-order.ts';
import { example, keptLog, now, startedAt } from '../../support/app/handling.ts';
import { IdleSessions } from '../../support/app/idle-sessions.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';

const event = { ...example(ActiveMessagesWithoutListeners), subject: 'queues/refunds' };

function refund(refundId: string, orderId = 'o-1', amountInCents = 100) {
  const message = example(RefundOrder, { refundId, orderId, amountInCents, orderTotalInCents: 1000 }, refundId);
  return { ok: true as const, message };
}

function desk() {
  const rows = memoryRows();
  const refunds = new IdleSessions();
  const log = keptLog();
  const drain = (time = now) =>
    drainIdleQueue(event, { refunds, ledger: createRefundLedger(rows, now), now: time, log });
  const paid = () => rows.all().map(({ refundId }) => refundId);
  return { rows, refunds, log, drain, paid };
}

describe('drain-idle-queue', () => {
  it('given refunds of several orders, then all are paid, each order in its order, and the queue is empty', async () => {
    const { refunds, drain, paid } = desk();
    for (let number = 1; number <= 30; number++)
      refunds.put(`o-${number % 12}`, refund(`r-${number}`, `o-${number % 12}`));
    expect(await drain()).toEqual({ outcome: 'done' });
    expect(refunds.left).toBe(0);
    expect(paid().toSorted()).toEqual(Array.from({ length: 30 }, (_, index) => `r-${index + 1}`).toSorted());
    expect(paid().filter((id) => ['r-5', 'r-17', 'r-29'].includes(String(id)))).toEqual(['r-5', 'r-17', 'r-29']);
  });

  it('given the same refund twice, then it is paid once', async () => {
    const { refunds, drain, rows } = desk();
    refunds.put('o-1', refund('r-1', 'o-1', 900)).put('o-1', refund('r-1', 'o-1', 900));
    await drain();
    expect(rows.all()).toHaveLength(1);
    expect(refunds.completed).toEqual([1, 2]);
    expect(refunds.deadLetters).toEqual([]);
  });

  it('given refunds above what the order cost, then what is too much is a dead letter', async () => {
    const { refunds, drain, paid } = desk();
    refunds
      .put('o-1', refund('r-1', 'o-1', 900))
      .put('o-1', refund('r-2', 'o-1', 200))
      .put('o-1', refund('r-3', 'o-1', 100));
    await drain();
    expect(paid()).toEqual(['r-1', 'r-3']);
    expect(refunds.deadLetters).toMatchObject([{ reason: 'RefundExceedsOrder' }]);
  });

  it('given a message that is no refund, or in another session, then it is a dead letter and the rest is paid', async () => {
    const { refunds, drain, paid } = desk();
    refunds.put('o-1', { ok: false, problem: 'no refund' }).put('o-1', refund('r-1', 'o-2')).put('o-1', refund('r-2'));
    await drain();
    expect(refunds.deadLetters.map(({ reason }) => reason)).toEqual(['MalformedMessage', 'WrongSession']);
    expect(paid()).toEqual(['r-2']);
  });

  it('given a ledger that is away, then those behind wait, and Event Grid is asked to come again', async () => {
    const { refunds, rows, drain, paid } = desk();
    refunds.put('o-1', refund('r-1')).put('o-1', refund('r-2')).put('o-1', refund('r-3'));
    rows.interruptNext('insert', () => {});
    rows.interruptNext('insert', () => {
      throw new Error('table away');
    });
    expect((await drain()).outcome).toBe('retry');
    expect(paid()).toEqual(['r-1']);
    expect(refunds.left).toBe(2);
    expect(await drain()).toEqual({ outcome: 'done' });
    expect(paid()).toEqual(['r-1', 'r-2', 'r-3']);
  });

  it('given more than the time allows, then it leaves the rest to the next event', async () => {
    const { refunds, drain } = desk();
    for (let number = 1; number <= 50; number++) refunds.put('o-1', refund(`r-${number}`, 'o-1', 1));
    let calls = 0;
    expect(await drain(() => startedAt + 2_500 * calls++)).toEqual({ outcome: 'done' });
    expect(refunds.left).toBeGreaterThan(0);
    expect(await drain()).toEqual({ outcome: 'done' });
    expect(refunds.left).toBe(0);
  });

  it('given a queue that was not declared, then nothing is touched and the log says so', async () => {
    const { refunds, rows, log } = desk();
    refunds.put('o-1', refund('r-1'));
    const other = { ...event, data: { ...event.data, queueName: 'orders' } };
    await drainIdleQueue(other, { refunds, ledger: createRefundLedger(rows, now), now, log });
    expect(refunds.left).toBe(1);
    expect(log.lines).toEqual(['info: Not drained, for it is not declared as drained by this function: queue orders.']);
  });

  it('given drains that die at any step, and two at once, then every refund is paid once and none is lost', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 6 });
    const queued = fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 3 })), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(queued, steps, async (sent, deaths) => {
        const { refunds, drain, paid } = desk();
        const orderOf = new Map<number, number>();
        for (const [number, order] of sent) {
          const its = orderOf.get(number) ?? order;
          orderOf.set(number, its);
          refunds.put(`o-${its}`, refund(`r-${number}`, `o-${its}`));
        }
        for (const death of deaths) {
          let step = 0;
          refunds.onStep = () => {
            if (step++ >= death) throw new Error('died');
          };
          await Promise.all([drain(), drain()]);
          refunds.endLocks();
        }
        refunds.onStep = () => {};
        await Promise.all([drain(), drain()]);
        refunds.endLocks();
        await drain();
        expect(refunds.left).toBe(0);
        expect(refunds.deadLetters).toEqual([]);
        expect(paid().toSorted()).toEqual([...orderOf.keys()].map((number) => `r-${number}`).toSorted());
      }),
      { numRuns: 200 },
    );
  });
});
