import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningShop, startShop } from '../support/app/running-shop.ts';

let shop: RunningShop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop?.close());

function publish(...events: { id: string; type: string; data: object }[]): Promise<void> {
  const topic = shop.cloud.ready.eventGrid.topics.operations;
  const client = new EventGridPublisherClient(
    topic?.endpoint ?? '',
    'CloudEvent',
    new AzureKeyCredential(topic?.key ?? ''),
    { allowInsecureConnection: true },
  );
  return client.send(events.map((event) => ({ source: '/tests', subject: 'a-test', ...event })));
}

function alert(id: string, severity: string) {
  const data = { alertId: id, severity, title: `${id} happened`, text: 'Look at it.' };
  return { id, type: 'Operations.AlertRaised', data };
}

describe('event routing', () => {
  it('given command events, one of them twice, then each operation has run once', async () => {
    const restock = { operationId: 'op-1', material: 'paper-a2-matt', quantity: 500 };
    const service = { operationId: 'op-2', press: 'press-3', task: 'replace the fuser' };
    await publish(
      { id: 'e-1', type: 'Operations.RestockRequested', data: restock },
      { id: 'e-1', type: 'Operations.RestockRequested', data: restock },
      { id: 'e-2', type: 'Operations.PressServiceRequested', data: service },
    );
    const operations = await shop.until(async () => {
      const rows = await shop.rows('operations');
      return rows.length === 2 && rows;
    });
    expect(operations.map(({ operationId, status }) => [operationId, status]).toSorted()).toEqual([
      ['op-1', 'ordered'],
      ['op-2', 'scheduled'],
    ]);
  });

  it('given alerts of every severity, then high and critical ones become mail, and Event Grid keeps the low one', async () => {
    await publish(alert('a-low', 'low'), alert('a-high', 'high'), alert('a-critical', 'critical'));
    const subjects = await shop.until(() => {
      const mails = shop.cloud.mail.mails.map(({ subject }) => subject);
      return mails.length === 2 && mails;
    });
    expect(subjects.toSorted()).toEqual(['[critical] a-critical happened', '[high] a-high happened']);
    expect(shop.log.filter((line) => line.includes("Executing 'Functions.mail-alert'"))).toHaveLength(2);
  });

  it('given the same alert again, then there is no second mail', async () => {
    const executed = () =>
      shop.log.filter((line) => line.includes("Executed 'Functions.mail-alert' (Succeeded")).length;
    const before = executed();
    await publish(alert('a-high', 'high'));
    await shop.until(() => executed() > before);
    expect(shop.cloud.mail.mails).toHaveLength(2);
  });
});
