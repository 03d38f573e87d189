import { z } from 'zod';
import { message } from '../topology/message.ts';

/**
 * Pay back part of an order. The session id is the order id: refunds of one order are handled one after the other, so that
 * their sum can be held against what was paid.
 */
export const RefundOrder = message({
  type: 'RefundOrder',
  schema: z.strictObject({
    refundId: z.string().min(1),
    orderId: z.string().min(1),
    amountInCents: z.int().positive(),
    orderTotalInCents: z.int().positive(),
    reason: z.string(),
  }),
  example: { refundId: 'r-1', orderId: 'o-4711', amountInCents: 1250, orderTotalInCents: 4980, reason: 'misprint' },
});
