import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningApp, runApp } from './support.ts';

let app: RunningApp;
let topic: Server;
const published: { headers: IncomingHttpHeaders; body: unknown }[] = [];

beforeAll(async () => {
  topic = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    published.push({ headers: request.headers, body: JSON.parse(text) });
    response.end();
  });
  await new Promise<void>((resolve) => topic.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(topic.address() as AddressInfo).port}/operations/api/events`;
  app = await runApp('event-grid', {
    settings: { TOPIC_URI: endpoint },
    cloud: { eventGridTopics: [{ name: 'operations', endpoint, key: 'the-key' }] },
  });
});
afterAll(async () => {
  await app?.close();
  topic.close();
  topic.closeAllConnections();
});

const post = (body: unknown, type = 'Notification', name = 'on-event') =>
  fetch(`${app.url}/runtime/webhooks/eventgrid?functionName=${name}&code=key`, {
    method: 'POST',
    headers: { 'aeg-event-type': type, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const event = (id: string, data: object = {}) => ({
  id,
  topic: 't',
  subject: 's',
  eventType: 'Order.Paid',
  eventTime: '2026-01-01T00:00:00Z',
  data,
  dataVersion: '1',
  metadataVersion: '1',
});

describe('the Event Grid trigger', () => {
  it('answers the validation handshake', async () => {
    const response = await post([{ ...event('1'), data: { validationCode: 'v-1' } }], 'SubscriptionValidation');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ validationResponse: 'v-1' });
  });

  it('answers the handshake of CloudEvents', async () => {
    const response = await fetch(`${app.url}/runtime/webhooks/EventGrid?functionName=on-event`, {
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': 'eventgrid.azure.net' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('webhook-allowed-origin')).toBe('eventgrid.azure.net');
  });

  it('gives each event of a request to the function: 202 when all went well', async () => {
    expect((await post([event('1', { sheets: 2 }), event('2')])).status).toBe(202);
    const seen = [await app.next('event'), await app.next('event')];
    expect(seen.map((one) => one.event.id).sort()).toEqual(['1', '2']);
    expect(seen.find((one) => one.event.id === '1')).toMatchObject({
      event: event('1', { sheets: 2 }),
      metadata: { data: { sheets: 2 }, sys: { methodName: 'on-event' } },
    });
  });

  it('500 when one failed', async () => {
    expect((await post([event('3'), event('4', { fail: true })])).status).toBe(500);
    await app.next('event');
    await app.next('event');
  });

  it('takes a CloudEvent alone and in a batch', async () => {
    const cloudEvent = { specversion: '1.0', id: 'c1', source: '/s', type: 'Order.Paid', data: { a: 1 } };
    expect((await post(cloudEvent)).status).toBe(202);
    expect((await app.next('event')).event).toEqual(cloudEvent);
    expect((await post([cloudEvent, cloudEvent])).status).toBe(202);
    await app.next('event');
    await app.next('event');
  });

  it('cardinality many gets the whole request at once', async () => {
    expect((await post([event('1'), event('2'), event('3')], 'Notification', 'on-events')).status).toBe(202);
    expect(await app.next('events')).toBe(3);
  });

  it('a subscription that is deleted is acknowledged, an unknown function not found', async () => {
    expect((await post([event('1')], 'SubscriptionDeletion')).status).toBe(202);
    expect((await post([event('1')], 'Notification', 'nobody')).status).toBe(404);
    expect((await post('text')).status).toBe(400);
  });
});

describe('the Event Grid output', () => {
  it('publishes with the local topic’s key, in the schema of the event', async () => {
    await fetch(`${app.url}/api/publish`, { method: 'POST', body: JSON.stringify([event('9')]) });
    const cloudEvent = { specversion: '1.0', id: 'c9', source: '/s', type: 'T' };
    await fetch(`${app.url}/api/publish`, { method: 'POST', body: JSON.stringify(cloudEvent) });
    expect(published.map(({ body }) => body)).toEqual([[event('9')], [cloudEvent]]);
    expect(published[0]!.headers).toMatchObject({
      'aeg-sas-key': 'the-key',
      'content-type': expect.stringMatching(/^application\/json/),
    });
    expect(published[1]!.headers['content-type']).toMatch(/^application\/cloudevents-batch\+json/);
    await app.line(/TOPIC_KEY is not set: it is the key of the local topic operations/);
  });
});
