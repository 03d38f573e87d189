import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningShop, startShop } from '../support/app/running-shop.ts';

let shop: RunningShop;
let client: ServiceBusClient;
beforeAll(async () => {
  shop = await startShop();
  client = new ServiceBusClient(shop.cloud.ready.serviceBus.connectionString);
});
afterAll(async () => {
  await client?.close();
  await shop?.close();
});

function refund(refundId: string, orderId: string, amountInCents = 100): ServiceBusMessage {
  const body = { refundId, orderId, amountInCents, orderTotalInCents: 1000, reason: 'misprint' };
  return { messageId: refundId, sessionId: orderId, body };
}

const send = (messages: ServiceBusMessage[]) => client.createSender('refunds').sendMessages(messages);
const drained = () => shop.log.filter((line) => line.includes("Executed 'Functions.drain-idle-queue' (Succeeded"));

describe('idle queue', () => {
  it('given refunds on a queue that nobody listens to, then a function is woken, pays each once, and leaves', async () => {
    const refunds = Array.from({ length: 24 }, (_, index) => refund(`r-${index}`, `order-${index % 6}`));
    await send([...refunds, refund('r-3', 'order-3'), refund('r-4', 'order-4')]);
    const rows = await shop.until(async () => {
      const paid = await shop.rows('refunds');
      return drained().length > 0 && paid.length >= 24 && paid;
    });
    expect(rows.map(({ refundId }) => refundId).toSorted()).toEqual(
      refunds.map(({ messageId }) => messageId).toSorted(),
    );
    const left = await client.createReceiver('refunds', { subQueueType: 'deadLetter' }).peekMessages(1);
    expect(left).toEqual([]);
  });

  it('given a queue that was drained, when one more refund comes, then the queue is idle again and wakes it again', async () => {
    const before = drained().length;
    await send([refund('r-late', 'order-late')]);
    await shop.until(async () => (await shop.rows('refunds')).some(({ refundId }) => refundId === 'r-late'));
    await shop.until(() => drained().length > before);
    const session = await client.acceptSession('refunds', 'order-late');
    expect(await session.getSessionState()).toEqual({ lastSequenceNumber: expect.any(Number) });
    await session.close();
  });

  it('given refunds that cannot be paid, then they are dead letters, are parked, and a mail says so', async () => {
    await send([
      refund('r-all', 'order-x', 1000),
      refund('r-more', 'order-x', 1),
      { messageId: 'r-none', sessionId: 'order-x', body: 'no refund' },
    ]);
    const parked = await shop.until(async () => {
      const letters = await shop.rows('deadLetters');
      return letters.length === 2 && letters;
    });
    expect(parked.map(({ reason }) => reason).toSorted()).toEqual(['MalformedMessage', 'RefundExceedsOrder']);
    await shop.until(() => shop.cloud.mail.mails.find(({ subject }) => subject.includes('RefundExceedsOrder')));
    expect((await shop.rows('refunds')).filter(({ orderId }) => orderId === 'order-x')).toMatchObject([
      { refundId: 'r-all' },
    ]);
  });
});
