import { describe, expect, it } from 'vitest';
import { getOrder } from '../../../functions/ordering/get-order.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';

describe('get-order', () => {
  it('given an order, then its status and lines come, and no key of ours', async () => {
    const lines = JSON.stringify([{ product: 'poster-a2', quantity: 2 }]);
    const keys = { partitionKey: 'o-1', rowKey: 'order' };
    const orders = memoryRows({ ...keys, status: 'confirmed', totalInCents: 4980, lines, fingerprint: 'f' });
    const { status, jsonBody } = await getOrder('o-1', { orders });
    expect(status).toBe(200);
    expect(jsonBody).toMatchObject({ orderId: 'o-1', status: 'confirmed', totalInCents: 4980 });
    expect(jsonBody.lines).toEqual([{ product: 'poster-a2', quantity: 2 }]);
    expect(Object.keys(jsonBody)).not.toContain('fingerprint');
  });

  it('given no such order, then it is not found', async () => {
    expect((await getOrder('../secrets', { orders: memoryRows() })).status).toBe(404);
  });
});
