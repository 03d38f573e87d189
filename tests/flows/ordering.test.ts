import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningShop, startShop } from '../support/app/running-shop.ts';

let shop: RunningShop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop?.close());

const url = (path: string) => `${shop.cloud.functions?.url}${path}`;

function order(key: string, product = 'poster-a2'): Promise<Response> {
  return fetch(url('/api/orders'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ customer: 'ada@example.com', lines: [{ product, quantity: 2 }] }),
  });
}

async function end(location: string): Promise<Record<string, unknown>> {
  return shop.until(async () => {
    const body = (await (await fetch(url(location))).json()) as Record<string, unknown>;
    return body.status !== 'received' && body;
  });
}

describe('ordering', () => {
  it('given an order, then it is taken at once, and confirmed and priced a moment later', async () => {
    const answer = await order('first');
    expect(answer.status).toBe(202);
    const location = answer.headers.get('location') ?? '';
    expect(await end(location)).toMatchObject({ status: 'confirmed', totalInCents: 4980 });
  });

  it('given a customer who clicks five times, then there is one order', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => order('impatient')));
    const locations = new Set(answers.map(({ headers }) => headers.get('location')));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect(locations.size).toBe(1);
    await end([...locations][0] ?? '');
    const rows = await shop.rows('orders');
    expect(rows.filter(({ partitionKey }) => [...locations][0]?.endsWith(partitionKey))).toHaveLength(1);
  });

  it('given something that we do not sell, then the order is rejected and says why', async () => {
    const answer = await order('strange', 'submarine');
    expect(await end(answer.headers.get('location') ?? '')).toMatchObject({
      status: 'rejected',
      reason: 'Not in the catalogue: submarine.',
    });
  });

  it('given a key that was used for another order, or no such order, then the answer says so', async () => {
    await order('used');
    expect((await order('used', 'flyer-a5')).status).toBe(422);
    const missing = await fetch(url('/api/orders/none'));
    expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  });

  it('given a message on the queue that is no order, then it ends parked, for a person to look at', async () => {
    const client = new ServiceBusClient(shop.cloud.ready.serviceBus.connectionString);
    await client
      .createSender('orders')
      .sendMessages({ messageId: 'no-order', sessionId: 'no-order', body: { hello: 'world' } });
    await client.close();
    const letter = await shop.until(async () =>
      (await shop.rows('deadLetters')).find(({ messageId }) => messageId === 'no-order'),
    );
    // It failed five times, got one more round from triage, and failed five times again.
    expect(letter).toMatchObject({ partitionKey: 'orders', reason: 'MaxDeliveryCountExceeded', resubmissions: 1 });
  });
});
