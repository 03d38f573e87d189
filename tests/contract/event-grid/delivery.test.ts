import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { describe, expect, it } from 'vitest';
import type { EventGrid } from '../../../local/event-grid/index.ts';
import { consenting, eventGrid, NO_FILTER, subscription, topology, webhook } from './started-event-grid.ts';

const BATCH = { maxEventsPerBatch: 1, preferredBatchSizeInKilobytes: 64 };

function publish(grid: EventGrid, events: readonly { id: string; type?: string }[]): Promise<void> {
  const { endpoint, key } = grid.topics[0]!;
  const client = new EventGridPublisherClient(endpoint, 'EventGrid', new AzureKeyCredential(key), {
    allowInsecureConnection: true,
  });
  return client.send(
    events.map(({ id, type }) => {
      return { id, eventType: type ?? 'Printed', subject: 'jobs/1', dataVersion: '1.0', data: { press: 'p1' } };
    }),
  );
}

function publishCloudEvent(grid: EventGrid): Promise<void> {
  const { endpoint, key } = grid.topics[0]!;
  const client = new EventGridPublisherClient(endpoint, 'CloudEvent', new AzureKeyCredential(key), {
    allowInsecureConnection: true,
  });
  return client.send([{ id: '1', type: 'Printed', source: '/press', data: { pages: 3 } }]);
}

describe('a webhook', () => {
  it('is validated, then gets its event with the headers of Event Grid', async () => {
    const hook = await webhook(consenting);
    const destination = { endpointType: 'WebHook', endpointUrl: `${hook.url}/hook?key=1`, ...BATCH } as const;
    const grid = await eventGrid(topology('EventGridSchema', [subscription('to-hook', destination)]));

    await publish(grid, [{ id: 'one' }]);

    const validation = await hook.requests.next();
    expect(validation).toMatchObject({ method: 'POST', path: '/hook?key=1' });
    expect(validation.headers['aeg-event-type']).toBe('SubscriptionValidation');
    expect(JSON.parse(validation.body)).toMatchObject([
      { eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent', data: { validationUrl: expect.any(String) } },
    ]);
    const notification = await hook.requests.next();
    expect(notification.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'aeg-event-type': 'Notification',
      'aeg-subscription-name': 'TO-HOOK',
      'aeg-delivery-count': '0',
      'aeg-data-version': '1.0',
      'aeg-metadata-version': '1',
      'aeg-output-event-id': expect.any(String),
    });
    expect(JSON.parse(notification.body)).toMatchObject([{ id: 'one', data: { press: 'p1' } }]);
  });

  it('gets nothing before it consents; a visit to the validation URL is consent', async () => {
    const hook = await webhook(() => ({ status: 200 }));
    const destination = { endpointType: 'WebHook', endpointUrl: hook.url, ...BATCH } as const;
    const grid = await eventGrid(topology('EventGridSchema', [subscription('to-hook', destination)]));
    await publish(grid, [{ id: 'one' }]);
    const [{ data }] = JSON.parse((await hook.requests.next()).body);
    expect(grid.inspect().subscriptions[0]).toMatchObject({ status: 'awaiting-validation', counts: { pending: 1 } });

    const wrong = await fetch(data.validationUrl.replace(data.validationCode, 'nope'));
    const right = await fetch(data.validationUrl);

    expect([wrong.status, right.status]).toEqual([400, 200]);
    expect(JSON.parse((await hook.requests.next()).body)[0].id).toBe('one');
  });

  it('consents to CloudEvents by OPTIONS and gets one event as structured JSON', async () => {
    const hook = await webhook(consenting);
    const destination = { endpointType: 'WebHook', endpointUrl: hook.url, ...BATCH } as const;
    const cloud = { eventDeliverySchema: 'CloudEventSchemaV1_0' } as const;
    const grid = await eventGrid(topology('CloudEventSchemaV1_0', [subscription('to-hook', destination, cloud)]));

    await publishCloudEvent(grid);

    const handshake = await hook.requests.next();
    expect(handshake.method).toBe('OPTIONS');
    expect(handshake.headers['webhook-request-origin']).toBe('eventgrid.azure.net');
    const notification = await hook.requests.next();
    expect(notification.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(JSON.parse(notification.body)).toMatchObject({ specversion: '1.0', id: '1', data: { pages: 3 } });
  });

  it('gets events of the Event Grid schema as CloudEvents when it asks for them, in batches', async () => {
    const hook = await webhook(consenting);
    const destination = { endpointType: 'WebHook', endpointUrl: hook.url, ...BATCH, maxEventsPerBatch: 10 } as const;
    const cloud = { eventDeliverySchema: 'CloudEventSchemaV1_0' } as const;
    const grid = await eventGrid(topology('EventGridSchema', [subscription('to-hook', destination, cloud)]));
    await hook.requests.next();

    await publish(grid, [{ id: '1' }, { id: '2' }, { id: '3' }]);

    const { headers, body } = await hook.requests.next();
    expect(headers['content-type']).toBe('application/cloudevents-batch+json; charset=utf-8');
    expect(JSON.parse(body)).toMatchObject([
      {
        specversion: '1.0',
        id: '1',
        type: 'Printed',
        subject: 'jobs/1',
        source: expect.stringContaining('/topics/operations'),
      },
      { id: '2' },
      { id: '3' },
    ]);
  });

  it('gets its delivery properties as headers, percent-encoded where a header cannot hold them', async () => {
    const hook = await webhook(consenting);
    const deliveryAttributeMappings = [
      { name: 'X-Static', type: 'Static', value: 'Größe 1 €' },
      { name: 'x-press', type: 'Dynamic', sourceField: 'data.press' },
    ] as const;
    const destination = {
      endpointType: 'WebHook',
      endpointUrl: hook.url,
      ...BATCH,
      deliveryAttributeMappings,
    } as const;
    const grid = await eventGrid(topology('EventGridSchema', [subscription('to-hook', destination)]));
    await hook.requests.next();

    await publish(grid, [{ id: 'one' }]);

    const { headers } = await hook.requests.next();
    expect(headers).toMatchObject({ 'x-static': encodeURIComponent('Größe 1 €'), 'x-press': 'p1' });
  });

  it('that answers 400 is not tried again: the event goes to the dead letters', async () => {
    const hook = await webhook((request) =>
      request.body.includes('Validation') ? consenting(request) : { status: 400 },
    );
    const destination = { endpointType: 'WebHook', endpointUrl: hook.url, ...BATCH } as const;
    const dead = { deadLetterDestination: { container: 'dead' } };
    const grid = await eventGrid(topology('EventGridSchema', [subscription('to-hook', destination, dead)]));

    await publish(grid, [{ id: 'one' }]);

    const blob = await grid.blobs.next();
    expect(blob.container).toBe('dead');
    expect(blob.name).toMatch(/^TO-HOOK\/\d{4}\/\d{1,2}\/\d{1,2}\/\d{1,2}\/[0-9a-f-]{36}\.json$/);
    expect(JSON.parse(blob.json)).toMatchObject([
      {
        id: 'one',
        deadLetterReason: 'UndeliverableDueToClientError',
        deliveryAttempts: 1,
        lastDeliveryOutcome: 'BadRequest',
      },
    ]);
  });
});

describe('a function', () => {
  const system = (destination: { endpointType: 'AzureFunction'; name: string } & typeof BATCH) => ({
    topics: [],
    systemTopics: [
      {
        name: 'photos',
        topicType: 'Microsoft.Storage.StorageAccounts' as const,
        eventSubscriptions: [
          subscription('to-receive-photo', destination, {
            filter: { ...NO_FILTER, includedEventTypes: ['Microsoft.Storage.BlobCreated'] },
          }),
        ],
      },
    ],
  });
  const blobCreated = {
    id: 'blob-1',
    topic: '/subscriptions/x',
    subject: '/blobServices/default/containers/photos/blobs/a.jpg',
    eventType: 'Microsoft.Storage.BlobCreated',
    eventTime: '2026-01-01T00:00:00Z',
    dataVersion: '',
    metadataVersion: '1',
    data: { api: 'PutBlob' },
  };

  it('gets what happened before its host was up, at once when it is', async () => {
    const host = await webhook(() => ({ status: 202 }));
    const grid = await eventGrid(system({ endpointType: 'AzureFunction', name: 'receive-photo', ...BATCH }));
    grid.publishSystemEvent('Microsoft.Storage.StorageAccounts', blobCreated);
    grid.publishSystemEvent('Microsoft.Storage.StorageAccounts', {
      ...blobCreated,
      eventType: 'Microsoft.Storage.BlobDeleted',
    });
    grid.publishSystemEvent('Microsoft.ServiceBus.Namespaces', blobCreated);
    expect(grid.inspect().subscriptions[0]).toMatchObject({ status: 'waiting-for-host', counts: { pending: 1 } });

    grid.setFunctionsUrl(host.url);

    const request = await host.requests.next();
    expect(request.path).toBe('/runtime/webhooks/EventGrid?functionName=receive-photo');
    expect(request.headers['aeg-event-type']).toBe('Notification');
    expect(JSON.parse(request.body)).toEqual([blobCreated]);
    expect(host.requests.all).toHaveLength(1);
  });

  it('with a blob trigger is called at the blob webhook', async () => {
    const host = await webhook(() => ({ status: 202 }));
    const grid = await eventGrid(system({ endpointType: 'AzureFunction', name: 'receive-photo', ...BATCH }));
    grid.setBlobFunctions(['receive-photo']);
    grid.setFunctionsUrl(host.url);

    grid.publishSystemEvent('Microsoft.Storage.StorageAccounts', blobCreated);

    expect((await host.requests.next()).path).toBe('/runtime/webhooks/blobs?functionName=Host.Functions.receive-photo');
  });

  it('that was not loaded yet is called again at once when the app has been', async () => {
    let isLoaded = false;
    const host = await webhook(() => ({ status: isLoaded ? 202 : 404 }));
    const grid = await eventGrid(system({ endpointType: 'AzureFunction', name: 'receive-photo', ...BATCH }));
    const failed = new Promise<void>((resolve) => {
      grid.onRecord((record) => record.type === 'attempted' && resolve());
    });
    grid.setFunctionsUrl(host.url);
    grid.publishSystemEvent('Microsoft.Storage.StorageAccounts', blobCreated);
    await host.requests.next();
    await failed;

    isLoaded = true;
    grid.setBlobFunctions([]);

    expect((await host.requests.next()).headers['aeg-delivery-count']).toBe('1');
  });

  it('is called again at once when a host that was gone comes back', async () => {
    const gone = await webhook(() => ({ status: 202 }));
    const grid = await eventGrid(system({ endpointType: 'AzureFunction', name: 'receive-photo', ...BATCH }));
    const failed = new Promise<void>((resolve) => {
      grid.onRecord((record) => record.type === 'attempted' && resolve());
    });
    gone.close();
    grid.setFunctionsUrl(gone.url);
    grid.publishSystemEvent('Microsoft.Storage.StorageAccounts', blobCreated);
    await failed;

    const back = await webhook(() => ({ status: 202 }));
    grid.setFunctionsUrl(back.url);

    expect((await back.requests.next()).headers['aeg-delivery-count']).toBe('1');
  });
});

describe('queues, topics and hubs', () => {
  it('get the event as JSON, with the aeg values and the delivery properties beside it', async () => {
    const deliveryAttributeMappings = [
      { name: 'kind', type: 'Static', value: 'order' },
      { name: 'press', type: 'Dynamic', sourceField: 'data.press' },
      { name: 'missing', type: 'Dynamic', sourceField: 'data.nope' },
    ] as const;
    const grid = await eventGrid(
      topology('EventGridSchema', [
        subscription('to-queue', { endpointType: 'ServiceBusQueue', name: 'q', deliveryAttributeMappings }),
        subscription('to-topic', { endpointType: 'ServiceBusTopic', name: 't' }),
        subscription('to-hub', {
          endpointType: 'EventHub',
          name: 'h',
          deliveryAttributeMappings: [{ name: 'PartitionKey', type: 'Dynamic', sourceField: 'data.press' }],
        }),
        subscription('to-storage', { endpointType: 'StorageQueue', name: 's', queueMessageTimeToLiveInSeconds: 60 }),
      ]),
    );

    await publish(grid, [{ id: 'one' }]);

    const arrived = new Map<string, Record<string, unknown>>();
    for (let count = 0; count < 4; count += 1) {
      const { name, message } = await grid.delivered.next();
      arrived.set(name, message);
    }
    const queued = arrived.get('q') as { messageId: string; applicationProperties: Record<string, string> };
    expect(queued.applicationProperties).toEqual({
      'aeg-event-type': 'Notification',
      'aeg-subscription-name': 'TO-QUEUE',
      'aeg-delivery-count': '0',
      'aeg-data-version': '1.0',
      'aeg-metadata-version': '1',
      'aeg-output-event-id': queued.messageId,
      kind: 'order',
      press: 'p1',
    });
    expect(arrived.get('t')).toMatchObject({ contentType: 'application/json; charset=utf-8' });
    expect(arrived.get('h')).toMatchObject({ partitionKey: 'p1' });
    const { text, ttl } = arrived.get('s') as { text: string; ttl: number };
    expect([JSON.parse(Buffer.from(text, 'base64').toString()).id, ttl]).toEqual(['one', 60]);
  });

  it('refuse for good when the queue has sessions', async () => {
    const grid = await eventGrid(
      topology('EventGridSchema', [
        subscription(
          'to-queue',
          { endpointType: 'ServiceBusQueue', name: 'q' },
          { deadLetterDestination: { container: 'dead' } },
        ),
      ]),
      {
        destinations: {
          serviceBus: async () => ({
            delivered: false,
            outcome: 'SessionQueueNotSupported',
            reason: 'it has sessions',
          }),
          storageQueue: async () => ({ delivered: true }),
          eventHub: async () => ({ delivered: true }),
        },
      },
    );

    await publish(grid, [{ id: 'one' }]);

    expect(JSON.parse((await grid.blobs.next()).json)[0].lastDeliveryOutcome).toBe('SessionQueueNotSupported');
  });
});

describe('starting', () => {
  it('refuses delivery properties that would stand in for headers of the service', async () => {
    const deliveryAttributeMappings = [
      { name: 'aeg-event-type', type: 'Static', value: 'x' },
      { name: 'Content-Length', type: 'Static', value: '1' },
      { name: 'two words', type: 'Static', value: 'x' },
    ] as const;
    const bad = subscription('bad', { endpointType: 'ServiceBusQueue', name: 'q', deliveryAttributeMappings });

    await expect(eventGrid(topology('EventGridSchema', [bad]))).rejects.toThrow(
      /'aeg-event-type'.*'Content-Length'.*'two words'/,
    );
  });

  it('refuses a subscription beyond the limits, with all reasons, and binds no port', async () => {
    const advancedFilters = Array.from({ length: 26 }, () => {
      return { operatorType: 'StringIn', key: 'subject', values: ['x'.repeat(513)] } as const;
    });
    const bad = subscription(
      'bad',
      { endpointType: 'ServiceBusQueue', name: 'q' },
      { filter: { ...NO_FILTER, advancedFilters } },
    );

    await expect(eventGrid(topology('CloudEventSchemaV1_0', [bad]))).rejects.toThrow(
      /operations\/bad: a topic that takes CloudEvents.*at most 25 advanced filters.*at most 25 values.*512 characters/,
    );
  });
});
