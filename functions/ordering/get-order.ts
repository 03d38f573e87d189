import { type Rows, toKey } from '../../shared/storage/rows.ts';
import { type OrderAnswer, orderKeys, problem } from './order.ts';

/** The status of an order, by the place that `submit-order` answered with. */
export async function getOrder(orderId: string, { orders }: { orders: Rows }): Promise<OrderAnswer> {
  const { partitionKey, rowKey } = orderKeys(toKey(orderId));
  const row = await orders.read(partitionKey, rowKey);
  if (!row) return problem(404, `There is no order ${orderId}.`);
  const { customer, lines, status, receivedAt, processedAt, totalInCents, reason } = row;
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    jsonBody: {
      orderId,
      customer,
      lines: JSON.parse(String(lines)),
      status,
      receivedAt,
      processedAt,
      totalInCents,
      reason,
    },
  };
}
