import {
  AzureKeyCredential,
  AzureSASCredential,
  EventGridPublisherClient,
  generateSharedAccessSignature,
} from '@azure/eventgrid';
import { describe, expect, it } from 'vitest';
import { DEVELOPMENT_TOPIC_KEY } from '../../../local/event-grid/index.ts';
import { eventGrid, subscription, topology } from './started-event-grid.ts';

const QUEUE = { endpointType: 'ServiceBusQueue', name: 'commands' } as const;
const allowInsecureConnection = { allowInsecureConnection: true };
const anEvent = { eventType: 'Printed', subject: 'jobs/1', dataVersion: '1.0', data: { pages: 3 } };

const plainTopic = () => eventGrid(topology('EventGridSchema', [subscription('to-commands', QUEUE)]));
const cloudTopic = () =>
  eventGrid(
    topology('CloudEventSchemaV1_0', [
      subscription('to-commands', QUEUE, { eventDeliverySchema: 'CloudEventSchemaV1_0' }),
    ]),
  );
const bodyOf = (message: Record<string, unknown>) => JSON.parse(Buffer.from(message.body as Uint8Array).toString());

describe('publishing with the official client', () => {
  it('takes events of the Event Grid schema with the key', async () => {
    const grid = await plainTopic();
    const { endpoint, key } = grid.topics[0]!;
    const client = new EventGridPublisherClient(
      endpoint,
      'EventGrid',
      new AzureKeyCredential(key),
      allowInsecureConnection,
    );

    await client.send([
      { ...anEvent, id: 'one' },
      { ...anEvent, id: 'two' },
    ]);

    const first = await grid.delivered.next();
    expect(first).toMatchObject({ kind: 'service-bus', name: 'commands' });
    expect(bodyOf(first.message)).toMatchObject({ ...anEvent, id: 'one', metadataVersion: '1' });
    expect(bodyOf(first.message).topic).toMatch(/Microsoft\.EventGrid\/topics\/operations$/);
    expect(bodyOf((await grid.delivered.next()).message).id).toBe('two');
  });

  it('takes CloudEvents with a shared access signature that the client made', async () => {
    const grid = await cloudTopic();
    const { endpoint, key } = grid.topics[0]!;
    const token = await generateSharedAccessSignature(
      endpoint,
      new AzureKeyCredential(key),
      new Date(Date.now() + 60_000),
    );
    const client = new EventGridPublisherClient(
      endpoint,
      'CloudEvent',
      new AzureSASCredential(token),
      allowInsecureConnection,
    );

    await client.send([
      { type: 'Printed', source: '/press', data: { pages: 3 }, extensionAttributes: { press: 'heidelberg' } },
    ]);

    const { message } = await grid.delivered.next();
    expect(bodyOf(message)).toMatchObject({
      specversion: '1.0',
      type: 'Printed',
      source: '/press',
      press: 'heidelberg',
    });
  });

  it('takes binary data of a CloudEvent', async () => {
    const grid = await cloudTopic();
    const { endpoint, key } = grid.topics[0]!;
    const client = new EventGridPublisherClient(
      endpoint,
      'CloudEvent',
      new AzureKeyCredential(key),
      allowInsecureConnection,
    );

    await client.send([
      { type: 'T', source: '/s', data: Buffer.from([1, 2]), datacontenttype: 'application/octet-stream' },
    ]);

    expect(bodyOf((await grid.delivered.next()).message)).toMatchObject({ data_base64: 'AQI=' });
  });

  it('refuses a wrong key, an expired signature and one by another key', async () => {
    const grid = await plainTopic();
    const { endpoint, key } = grid.topics[0]!;
    const sas = (by: string, inMs: number) =>
      generateSharedAccessSignature(endpoint, new AzureKeyCredential(by), new Date(Date.now() + inMs));
    const credentials = [
      new AzureKeyCredential('bm90IHRoZSBrZXk='),
      new AzureSASCredential(await sas(key, -2000)),
      new AzureSASCredential(await sas('bm90IHRoZSBrZXk=', 60_000)),
    ];

    for (const credential of credentials) {
      const client = new EventGridPublisherClient(endpoint, 'EventGrid', credential, allowInsecureConnection);
      await expect(client.send([anEvent])).rejects.toMatchObject({ statusCode: 401, code: 'Unauthorized' });
    }
    expect(grid.delivered.all).toEqual([]);
  });

  it('refuses a signature for another topic', async () => {
    const grid = await plainTopic();
    const { endpoint, key } = grid.topics[0]!;
    const other = endpoint.replace('operations', 'other');
    const token = await generateSharedAccessSignature(
      other,
      new AzureKeyCredential(key),
      new Date(Date.now() + 60_000),
    );
    const client = new EventGridPublisherClient(
      endpoint,
      'EventGrid',
      new AzureSASCredential(token),
      allowInsecureConnection,
    );

    await expect(client.send([anEvent])).rejects.toMatchObject({ statusCode: 401 });
  });
});

describe('publishing by plain requests', () => {
  const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'aeg-sas-key': DEVELOPMENT_TOPIC_KEY, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const full = { id: '1', eventTime: '2026-01-01T00:00:00Z', ...anEvent };

  it('takes the key from the query too, and topics in any letter case', async () => {
    const grid = await plainTopic();

    const url = `${grid.url}/OPERATIONS/api/events?aeg-sas-key=${encodeURIComponent(DEVELOPMENT_TOPIC_KEY)}`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify([full]) });

    expect([response.status, await response.text()]).toEqual([200, '']);
    expect((await grid.delivered.next()).name).toBe('commands');
  });

  it('takes a CloudEvent in structured, batch and binary mode', async () => {
    const grid = await cloudTopic();
    const { endpoint } = grid.topics[0]!;
    const event = { specversion: '1.0', id: '1', source: '/s', type: 'T', data: { a: 1 } };

    await post(endpoint, event, { 'content-type': 'application/cloudevents+json' });
    await post(endpoint, [{ ...event, id: '2' }], { 'content-type': 'application/cloudevents-batch+json' });
    const attributes = {
      'ce-specversion': '1.0',
      'ce-id': '3',
      'ce-source': '/s',
      'ce-type': 'T',
      'ce-press': 'a%20b',
    };
    await post(endpoint, { a: 1 }, attributes);
    await post(endpoint, 'hello', { ...attributes, 'ce-id': '4', 'content-type': 'text/plain' });

    expect(bodyOf((await grid.delivered.next()).message)).toEqual(event);
    expect(bodyOf((await grid.delivered.next()).message)).toEqual({ ...event, id: '2' });
    expect(bodyOf((await grid.delivered.next()).message)).toEqual({
      ...event,
      id: '3',
      press: 'a b',
      datacontenttype: 'application/json',
    });
    expect(bodyOf((await grid.delivered.next()).message)).toMatchObject({ id: '4', data: 'hello' });
  });

  it.each([
    ['no key', { headers: { 'aeg-sas-key': '' } }, 401, 'Unauthorized', 'is not authorized for OPERATIONS'],
    [
      'a token that is none',
      { headers: { 'aeg-sas-key': undefined, 'aeg-sas-token': 'x' } },
      400,
      'BadRequest',
      'Invalid key in',
    ],
    ['no JSON', { body: '[' }, 400, 'BadRequest', 'not valid JSON'],
    ['no array', { body: full }, 400, 'BadRequest', 'Expected: StartArray'],
    ['a CloudEvent', { body: [{ ...full, source: '/s' }] }, 400, 'BadRequest', "Received unexpected property 'source'"],
    ['no subject', { body: [{ ...full, subject: undefined }] }, 400, 'BadRequest', "'subject' is missing"],
    ['a time that is none', { body: [{ ...full, eventTime: 'soon' }] }, 400, 'BadRequest', 'not a time'],
    [
      'more than a megabyte',
      { body: [{ ...full, data: 'x'.repeat(1_048_577) }] },
      413,
      'RequestEntityTooLarge',
      '1048576',
    ],
    ['more than 5,000 events', { body: Array(5001).fill({}) }, 413, 'RequestEntityTooLarge', '5000'],
    ['an unknown topic', { path: 'nope' }, 404, 'NotFound', "'nope' does not exist"],
    ['a target that is no path', { url: '//' }, 400, 'BadRequest', 'is no path'],
    ['pull delivery', { url: '/topics/operations:publish' }, 501, 'NotImplemented', 'Pull delivery'],
    ['receiving', { url: '/topics/t/eventsubscriptions/s:receive' }, 501, 'NotImplemented', 'Pull delivery'],
  ] as const)('refuses %s as the service does', async (_story, given, status, code, text) => {
    const grid = await plainTopic();
    const { body, headers, path, url } = {
      body: [full],
      headers: {},
      path: 'operations',
      url: undefined,
      ...given,
    } as {
      body: unknown;
      headers: Record<string, string | undefined>;
      path: string;
      url: string | undefined;
    };

    const allHeaders = { 'aeg-sas-key': DEVELOPMENT_TOPIC_KEY, ...headers };
    const response = await fetch(`${grid.url}${url ?? `/${path}/api/events`}`, {
      method: 'POST',
      headers: Object.entries(allHeaders).filter((entry): entry is [string, string] => entry[1] !== undefined),
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

    const { error } = (await response.json()) as { error: { code: string; message: string; details: unknown[] } };
    expect([response.status, error.code]).toEqual([status, code]);
    expect(error.message).toContain(text);
    expect(error.details).toHaveLength(1);
    expect(grid.delivered.all).toEqual([]);
  });

  it('answers 429 beyond 5,000 events a second', async () => {
    const grid = await plainTopic();
    const many = Array.from({ length: 3000 }, (_, index) => ({ ...full, id: String(index) }));

    expect((await post(grid.topics[0]!.endpoint, many)).status).toBe(200);
    const second = await post(grid.topics[0]!.endpoint, many);

    expect([second.status, second.headers.get('retry-after')]).toEqual([429, '1']);
  });

  it('answers on health and lists topics and subscriptions, without keys', async () => {
    const grid = await plainTopic();
    await post(grid.topics[0]!.endpoint, [full]);
    await grid.delivered.next();

    expect((await fetch(`${grid.url}/health`)).status).toBe(200);
    const listing = await (await fetch(grid.url)).text();
    expect(JSON.parse(listing)).toMatchObject({
      topics: [{ name: 'operations', topicType: 'Custom', published: 1, inputSchema: 'EventGridSchema' }],
      subscriptions: [{ name: 'to-commands', counts: { matched: 1 } }],
    });
    expect(listing).not.toContain(DEVELOPMENT_TOPIC_KEY);
  });
});
