import { randomUUID } from 'node:crypto';
import { type Flow, outcome } from '../flow.ts';

const orderCount = 6;
const refundsAnOrder = 5;
const refundCount = orderCount * refundsAnOrder;

/** How often each refund was handed to a receiver: the broker's own count, not the app's. */
const handedOut = new Map<number, number>();

export const idleQueue: Flow = {
  name: 'idle-queue',

  async feed({ cloud, serviceBus }) {
    cloud.serviceBus.broker.onEvent((event) => {
      if (event.entity !== 'refunds' || event.type !== 'message-locked') return;
      const { sequenceNumber } = event.message;
      handedOut.set(sequenceNumber, (handedOut.get(sequenceNumber) ?? 0) + 1);
    });
    const sender = serviceBus.createSender('refunds');
    const refund = (orderId: string, amountInCents: number) => {
      const refundId = randomUUID();
      return {
        messageId: refundId,
        sessionId: orderId,
        subject: 'RefundOrder',
        contentType: 'application/json',
        applicationProperties: { type: 'RefundOrder' },
        body: { refundId, orderId, amountInCents, orderTotalInCents: 5000, reason: 'misprint' },
      };
    };
    for (let order = 1; order <= orderCount; order++) {
      await sender.sendMessages(Array.from({ length: refundsAnOrder }, () => refund(`demo-order-${order}`, 990)));
    }
    await sender.sendMessages(refund('demo-order-1', 4000));
    await sender.close();
    return `${refundCount} refunds on ${orderCount} orders and 1 that is too high, on a queue without a listener`;
  },

  async look(shop) {
    const paid = await shop.rows('refunds');
    const parked = await shop.rows('deadLetters');
    const counts = shop.cloud.serviceBus.broker.counts('refunds');
    const twice = [...handedOut.values()].filter((times) => times > 1).length;
    const orders = new Set(paid.map((row) => row.orderId)).size;
    const mailed = shop.mailSubjects().filter((subject) => subject.includes('RefundExceedsOrder')).length;
    return outcome(
      `${paid.length} paid on ${orders} orders, ${twice} drained twice, ${parked.length} dead letter parked and mailed`,
      [
        ['refunds paid', paid.length, refundCount],
        ['different refunds', new Set(paid.map((row) => row.refundId)).size, refundCount],
        ['refunds drained twice', twice, 0],
        ['dead letters parked', parked.filter((row) => row.reason === 'RefundExceedsOrder').length, 1],
        ['mails about the dead letter', mailed, 1],
        ['messages left in the queue', counts.ok ? counts.total : -1, 0],
      ],
    );
  },
};
