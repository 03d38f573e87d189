import { type Flow, outcome } from '../flow.ts';
import type { Shop } from '../shop.ts';

const orders = [
  { key: 'demo-1', customer: 'ada@example.com', lines: [{ product: 'poster-a2', quantity: 2 }], becomes: 'confirmed' },
  {
    key: 'demo-2',
    customer: 'grace@example.com',
    lines: [{ product: 'business-cards', quantity: 5 }],
    becomes: 'confirmed',
  },
  {
    key: 'demo-3',
    customer: 'edsger@example.com',
    lines: [
      { product: 'flyer-a5', quantity: 100 },
      { product: 'photo-book', quantity: 1 },
    ],
    becomes: 'confirmed',
  },
  { key: 'demo-4', customer: 'barbara@example.com', lines: [{ product: 'mug', quantity: 1 }], becomes: 'rejected' },
] as const;

const answers = { repeated: 0, malformed: 0 };

async function post(shop: Shop, key: string, body: unknown): Promise<{ status: number; orderId: string | undefined }> {
  const response = await fetch(`${shop.url}/api/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
  const answer = JSON.parse((await response.text()) || '{}') as { orderId?: string };
  return { status: response.status, orderId: answer.orderId };
}

const ids = new Map<string, string>();

export const ordering: Flow = {
  name: 'ordering',

  async feed(shop) {
    for (const { key, customer, lines } of orders) {
      const { status, orderId } = await post(shop, key, { customer, lines });
      if (status !== 202 || !orderId) throw new Error(`POST /api/orders answered ${status} instead of 202.`);
      ids.set(key, orderId);
    }
    const [first] = orders;
    const again = await post(shop, first.key, { customer: first.customer, lines: first.lines });
    answers.repeated = again.status === 202 && again.orderId === ids.get(first.key) ? 1 : 0;
    answers.malformed = (await post(shop, 'demo-malformed', { customer: '' })).status === 400 ? 1 : 0;
    return `${orders.length} orders by HTTP, one of them sent twice, one more malformed`;
  },

  async look(shop) {
    const statuses = await Promise.all(
      orders.map(async ({ key }) => {
        const response = await fetch(`${shop.url}/api/orders/${ids.get(key)}`);
        return ((await response.json()) as { status: string }).status;
      }),
    );
    const became = (status: string) => statuses.filter((one) => one === status).length;
    const expected = (status: string) => orders.filter(({ becomes }) => becomes === status).length;
    return outcome(
      `${became('confirmed')} confirmed, ${became('rejected')} rejected (not in the catalogue), 1 repetition recognised, 1 refused`,
      [
        ['orders confirmed', became('confirmed'), expected('confirmed')],
        ['orders rejected', became('rejected'), expected('rejected')],
        ['rows in the table', (await shop.rows('orders')).length, orders.length],
        ['repetitions recognised', answers.repeated, 1],
        ['malformed orders refused', answers.malformed, 1],
      ],
    );
  },
};
