import { createHash } from 'node:crypto';
import { z } from 'zod';
import { orderContent, ProcessOrder } from '../../shared/messages/process-order.ts';
import { derivedId } from '../../shared/messaging/derived-id.ts';
import { envelope } from '../../shared/messaging/envelope.ts';
import type { Messaging } from '../../shared/messaging/messaging.ts';
import type { Rows } from '../../shared/storage/rows.ts';
import { topology } from '../../shared/topology.ts';
import { type OrderAnswer, orderKeys, problem } from './order.ts';

export interface SubmitOrderRequest {
  readonly idempotencyKey: string | null;
  /** Undefined: what came was no JSON. */
  readonly body: unknown;
  readonly traceparent: string | undefined;
}

/**
 * Takes an order and answers before it is processed (202, with the place to look at). Asking again with the same
 * Idempotency-Key gives the same order; a different order under a used key is refused (draft-ietf-httpapi-idempotency-key).
 *
 * The row is written before the message, so a customer who asks for the status at once finds it. If the process dies in
 * between, the customer has no answer and asks again: the same row, the same message id, and duplicate detection drops the
 * second message.
 */
export async function submitOrder(
  request: SubmitOrderRequest,
  { orders, messaging, now }: { orders: Rows; messaging: Pick<Messaging, 'send'>; now: () => number },
): Promise<OrderAnswer> {
  const { idempotencyKey } = request;
  if (!idempotencyKey || idempotencyKey.length > 200) {
    return problem(400, 'An Idempotency-Key header is needed, of at most 200 characters.');
  }
  const parsed = orderContent.safeParse(request.body);
  if (!parsed.success) return problem(400, z.prettifyError(parsed.error));

  const orderId = derivedId('order', idempotencyKey);
  const lines = JSON.stringify(parsed.data.lines);
  const fingerprint = createHash('sha256').update(JSON.stringify(parsed.data)).digest('hex');
  const inserted = await orders.insert({
    ...orderKeys(orderId),
    customer: parsed.data.customer,
    lines,
    fingerprint,
    status: 'received',
    receivedAt: new Date(now()).toISOString(),
  });
  if (inserted.outcome === 'exists') {
    const { partitionKey, rowKey } = orderKeys(orderId);
    const row = await orders.read(partitionKey, rowKey);
    if (row && row.fingerprint !== fingerprint) {
      return problem(422, 'This Idempotency-Key was used for a different order.');
    }
    if (row && row.status !== 'received') return accepted(orderId, String(row.status));
  }
  const cause = { id: idempotencyKey, correlationId: orderId, traceparent: request.traceparent };
  const message = envelope(ProcessOrder, { orderId, ...parsed.data }, { id: orderId, cause });
  await messaging.send(topology.orders, message, orderId);
  return accepted(orderId, 'received');
}

function accepted(orderId: string, status: string): OrderAnswer {
  return { status: 202, headers: { location: `/api/orders/${orderId}` }, jsonBody: { orderId, status } };
}
