import { z } from 'zod';
import { message } from '../topology/message.ts';

/** What a customer orders; the order's id is ours to give. */
export const orderContent = z.strictObject({
  customer: z.string().min(1),
  lines: z
    .array(z.strictObject({ product: z.string().min(1), quantity: z.int().min(1).max(1000) }))
    .min(1)
    .max(50),
});

/**
 * Take this order into production. Sent by `submit-order`, once per order however often the customer's request comes. The
 * session id is the order id: what is sent about one order is handled in order, one after the other.
 */
export const ProcessOrder = message({
  type: 'ProcessOrder',
  schema: orderContent.extend({ orderId: z.string().min(1) }),
  example: { orderId: 'o-4711', customer: 'ada@example.com', lines: [{ product: 'poster-a2', quantity: 2 }] },
});
