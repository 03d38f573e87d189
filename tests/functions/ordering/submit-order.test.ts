import { describe, expect, it } from 'vitest';
import { submitOrder } from '../../../functions/ordering/submit-order.ts';
import { now } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { recordingMessaging } from '../../support/app/recording-messaging.ts';

const body = { customer: 'ada@example.com', lines: [{ product: 'poster-a2', quantity: 2 }] };
const request = { idempotencyKey: 'key-1', body, traceparent: '00-aa-bb-01' };

function shop() {
  return { orders: memoryRows(), messaging: recordingMessaging(), now };
}

describe('submit-order', () => {
  it('given an order, then its row says received, one message is sent, and the answer says where to look', async () => {
    const deps = shop();
    const answer = await submitOrder(request, deps);
    const { orderId } = answer.jsonBody;
    expect(answer).toMatchObject({ status: 202, headers: { location: `/api/orders/${orderId}` } });
    expect(deps.orders.all()).toMatchObject([
      { partitionKey: orderId, status: 'received', customer: 'ada@example.com' },
    ]);
    expect(deps.messaging.sent).toMatchObject([
      {
        to: 'orders',
        with: orderId,
        message: { id: orderId, correlationId: orderId, traceparent: '00-aa-bb-01', data: { orderId, ...body } },
      },
    ]);
  });

  it('given the same request again, then it is the same order and the same message id', async () => {
    const deps = shop();
    const first = await submitOrder(request, deps);
    const second = await submitOrder(request, deps);
    expect(second.jsonBody).toEqual(first.jsonBody);
    expect(new Set(deps.messaging.sent.map(({ message }) => message.id)).size).toBe(1);
    expect(deps.orders.all()).toHaveLength(1);
  });

  it('given an order that was processed meanwhile, when it is asked for again, then its status comes and nothing is sent', async () => {
    const deps = shop();
    await submitOrder(request, deps);
    const [row] = deps.orders.all();
    await deps.orders.put({ ...row!, status: 'confirmed' });
    expect((await submitOrder(request, deps)).jsonBody.status).toBe('confirmed');
    expect(deps.messaging.sent).toHaveLength(1);
  });

  it('given a key that was used for a different order, then it is refused', async () => {
    const deps = shop();
    await submitOrder(request, deps);
    const other = { ...request, body: { ...body, customer: 'grace@example.com' } };
    expect((await submitOrder(other, deps)).status).toBe(422);
    expect(deps.messaging.sent).toHaveLength(1);
  });

  it('given a send that fails, when the customer asks again, then the message is sent', async () => {
    const deps = shop();
    deps.messaging.failNext(new Error('Service Bus away'));
    await expect(submitOrder(request, deps)).rejects.toThrow('Service Bus away');
    expect((await submitOrder(request, deps)).status).toBe(202);
    expect(deps.messaging.sent).toHaveLength(1);
  });

  it.each([
    ['no key', { ...request, idempotencyKey: null }],
    ['no JSON', { ...request, body: undefined }],
    ['no lines', { ...request, body: { ...body, lines: [] } }],
    ['an order id of its own', { ...request, body: { ...body, orderId: 'mine' } }],
    ['half a poster', { ...request, body: { ...body, lines: [{ product: 'poster-a2', quantity: 0.5 }] } }],
  ])('given %s, then it says what is wrong and does nothing', async (_, wrong) => {
    const deps = shop();
    const answer = await submitOrder(wrong, deps);
    expect(answer.status).toBe(400);
    expect(answer.jsonBody.detail).not.toBe('');
    expect(deps.orders.all()).toEqual([]);
  });
});
