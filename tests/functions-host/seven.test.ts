import { expect, it } from 'vitest';
import { startLocalCloud } from '../../local/start.ts';
import { parseTopology } from '../../local/topology/index.ts';
import { appFolder, recorder } from './support.ts';

const topology = parseTopology(
  JSON.stringify({
    storage: { containers: [{ name: 'prints' }], queues: [{ name: 'jobs' }] },
    serviceBus: { queues: [{ name: 'orders' }] },
    eventHubs: { hubs: [{ name: 'readings', partitionCount: 2 }] },
    eventGrid: {
      topics: [
        {
          name: 'press',
          inputSchema: 'CloudEventSchemaV1_0',
          eventSubscriptions: [
            {
              name: 'measured',
              destination: { endpointType: 'AzureFunction', name: 'route' },
              eventDeliverySchema: 'CloudEventSchemaV1_0',
            },
          ],
        },
      ],
      systemTopics: [
        {
          name: 'storage',
          topicType: 'Microsoft.Storage.StorageAccounts',
          eventSubscriptions: [
            {
              name: 'prints',
              destination: { endpointType: 'AzureFunction', name: 'deliver' },
              filter: {
                includedEventTypes: ['Microsoft.Storage.BlobCreated'],
                subjectBeginsWith: '/blobServices/default/containers/prints/',
              },
            },
          ],
        },
      ],
    },
  }),
);

it('one order goes through all seven kinds of triggers, over every wire, with no connection set', async () => {
  const { log, next, lines } = recorder();
  const cloud = await startLocalCloud({
    appFolder: appFolder('seven'),
    topology,
    settings: { TOPIC_URI: 'http://127.0.0.1:6001/press/api/events' },
    log,
  });
  try {
    expect(await next('tick')).toBe(true);
    const response = await fetch(`${cloud.functions!.url}/api/submit`, {
      method: 'POST',
      body: JSON.stringify({ id: 'o-1', by: [] }),
    });
    expect(response.status).toBe(202);
    expect(await next('delivered')).toEqual({
      id: 'o-1',
      path: 'o-1',
      by: ['http', 'serviceBus', 'eventHub', 'eventGrid', 'queue', 'blob'],
    });
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
  } finally {
    await cloud.close();
  }
});
