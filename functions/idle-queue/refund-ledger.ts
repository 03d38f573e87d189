import type { RefundOrder } from '../../shared/messages/refund-order.ts';
import { type Rows, toKey } from '../../shared/storage/rows.ts';
import type { DataOf } from '../../shared/topology/message.ts';

type Refund = DataOf<typeof RefundOrder>;

/** What was paid back, by order. The row of a refund is the payment: it can be inserted once, whoever tries, however often. */
export interface RefundLedger {
  /** The refunds that were paid on an order: amount in cents by refund id. */
  paidOn(orderId: string): Promise<Map<string, number>>;
  pay(refund: Refund): Promise<'paid' | 'paid-before'>;
}

export function createRefundLedger(rows: Rows, now: () => number): RefundLedger {
  return {
    async paidOn(orderId) {
      const paid = await rows.list(toKey(orderId));
      return new Map(paid.map((row) => [String(row.refundId), Number(row.amountInCents)]));
    },
    async pay({ refundId, orderId, amountInCents, reason }) {
      const { outcome } = await rows.insert({
        partitionKey: toKey(orderId),
        rowKey: toKey(refundId),
        orderId,
        refundId,
        amountInCents,
        reason,
        paidAt: new Date(now()).toISOString(),
      });
      return outcome === 'inserted' ? 'paid' : 'paid-before';
    },
  };
}
