import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningShop, shopTopology, startShop } from '../support/app/running-shop.ts';

let shop: RunningShop;
let client: ServiceBusClient;
beforeAll(async () => {
  const topology = shopTopology();
  const systemTopics = topology.eventGrid.systemTopics.filter(
    ({ topicType }) => topicType !== 'Microsoft.ServiceBus.Namespaces',
  );
  shop = await startShop({
    settings: { IDLE_QUEUE_WAKE_UP: 'timer' },
    topology: { ...topology, eventGrid: { ...topology.eventGrid, systemTopics } },
  });
  client = new ServiceBusClient(shop.cloud.ready.serviceBus.connectionString);
});
afterAll(async () => {
  await client?.close();
  await shop?.close();
});

/** Runs the timer's function now, by the host's admin route. */
async function tick(): Promise<void> {
  const url = `${shop.cloud.functions?.url}/admin/functions/poll-idle-queue`;
  const body = JSON.stringify({ input: '' });
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect(answer.status).toBe(202);
}

function refund(refundId: string, amountInCents: number) {
  const body = { refundId, orderId: 'order-1', amountInCents, orderTotalInCents: 1000, reason: 'misprint' };
  return { messageId: refundId, sessionId: 'order-1', body };
}

describe('idle queue on a namespace that raises no events', () => {
  it('given refunds, when the timer ticks, then they are paid; and the next tick triages what could not be', async () => {
    await client.createSender('refunds').sendMessages([refund('r-1', 900), refund('r-2', 200)]);
    await tick();
    const paid = await shop.until(async () => {
      const rows = await shop.rows('refunds');
      return rows.length > 0 && rows;
    });
    expect(paid).toMatchObject([{ refundId: 'r-1' }]);
    await shop.until(async () => {
      await tick();
      return (await shop.rows('deadLetters')).length > 0;
    });
    expect(await shop.rows('deadLetters')).toMatchObject([{ messageId: 'r-2', reason: 'RefundExceedsOrder' }]);
  });
});
