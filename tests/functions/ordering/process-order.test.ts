import { describe, expect, it } from 'vitest';
import { processOrder } from '../../../functions/ordering/process-order.ts';
import { ProcessOrder } from '../../../shared/messages/process-order.ts';
import { example, keptLog, now } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';

const received = { partitionKey: 'o-1', rowKey: 'order', status: 'received', customer: 'ada@example.com', lines: '[]' };
const message = example(ProcessOrder, { orderId: 'o-1', lines: [{ product: 'poster-a2', quantity: 2 }] });

describe('process-order', () => {
  it('given an order of what we sell, then it is confirmed and priced', async () => {
    const orders = memoryRows(received);
    expect(await processOrder(message, { orders, now, log: keptLog() })).toEqual({ outcome: 'done' });
    expect(orders.all()).toMatchObject([{ status: 'confirmed', totalInCents: 4980, customer: 'ada@example.com' }]);
  });

  it('given an order of what we do not sell, then it is rejected and says why', async () => {
    const orders = memoryRows(received);
    const strange = example(ProcessOrder, { orderId: 'o-1', lines: [{ product: 'constructor', quantity: 1 }] });
    await processOrder(strange, { orders, now, log: keptLog() });
    expect(orders.all()).toMatchObject([{ status: 'rejected', reason: 'Not in the catalogue: constructor.' }]);
  });

  it('given a message that comes again, then the order stays as it is', async () => {
    const orders = memoryRows({ ...received, status: 'confirmed', totalInCents: 1 });
    expect(await processOrder(message, { orders, now, log: keptLog() })).toEqual({ outcome: 'done' });
    expect(orders.all()).toMatchObject([{ totalInCents: 1 }]);
  });

  it('given two deliveries at once, when the other is first, then this one asks to be tried again', async () => {
    const orders = memoryRows(received);
    orders.interruptNext('replace', () => orders.put({ ...received, status: 'confirmed' }));
    expect((await processOrder(message, { orders, now, log: keptLog() })).outcome).toBe('retry');
    expect((await processOrder(message, { orders, now, log: keptLog() })).outcome).toBe('done');
  });

  it('given an order that came by the queue alone, then it gets its row', async () => {
    const orders = memoryRows();
    await processOrder(message, { orders, now, log: keptLog() });
    expect(orders.all()).toMatchObject([{ partitionKey: 'o-1', status: 'confirmed' }]);
  });
});
