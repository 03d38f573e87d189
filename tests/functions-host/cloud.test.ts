import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../local/clock/index.ts';
import { type LocalCloud, startLocalCloud } from '../../local/start.ts';
import { parseTopology } from '../../local/topology/index.ts';
import { appFolder, recorder } from './support.ts';

const toFunction = (name: string, more: object = {}) => ({
  name: `to-${name}`,
  destination: { endpointType: 'AzureFunction', name },
  ...more,
});

const topology = parseTopology(
  JSON.stringify({
    storage: { containers: [{ name: 'papers' }, { name: 'dead' }], queues: [{ name: 'deadly' }] },
    serviceBus: { queues: [{ name: 'refunds' }, { name: 'turns' }] },
    eventGrid: {
      topics: [
        { name: 'moods', eventSubscriptions: [toFunction('be-moody')] },
        {
          name: 'commands',
          eventSubscriptions: [
            {
              name: 'to-turns',
              destination: { endpointType: 'ServiceBusQueue', name: 'turns' },
              deadLetterDestination: { container: 'dead' },
            },
          ],
        },
      ],
      systemTopics: [
        {
          name: 'papers',
          topicType: 'Microsoft.Storage.StorageAccounts',
          eventSubscriptions: [
            toFunction('hear-of-blobs', {
              filter: { subjectBeginsWith: '/blobServices/default/containers/papers/' },
            }),
          ],
        },
        {
          name: 'idle',
          topicType: 'Microsoft.ServiceBus.Namespaces',
          eventSubscriptions: [
            toFunction('take-one', {
              filter: {
                includedEventTypes: ['Microsoft.ServiceBus.ActiveMessagesAvailableWithNoListeners'],
                subjectEndsWith: 'queues/refunds',
              },
            }),
          ],
        },
      ],
    },
  }),
);

describe('the whole cloud with an app, in virtual time', () => {
  let clock: VirtualClock;
  let cloud: LocalCloud;
  let log: ReturnType<typeof recorder>;
  beforeEach(async () => {
    clock = new VirtualClock();
    log = recorder();
    cloud = await startLocalCloud({
      appFolder: appFolder('listeners'),
      topology,
      clock,
      settings: {
        Bus: 'Endpoint=sb://localhost;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;',
      },
      log: log.log,
    });
  });
  afterEach(() => cloud.close());

  const papers = (): ContainerClient =>
    BlobServiceClient.fromConnectionString(cloud.ready.storage.connectionString).getContainerClient('papers');

  const publish = async (topic: string, id: string) => {
    const { endpoint, key } = cloud.ready.eventGrid.topics[topic]!;
    const event = { id, subject: 's', eventType: 't', eventTime: '2026-01-01T00:00:00Z', dataVersion: '1', data: {} };
    const response = await fetch(`${endpoint}?api-version=2018-01-01`, {
      method: 'POST',
      headers: { 'aeg-sas-key': key, 'content-type': 'application/json' },
      body: JSON.stringify([event]),
    });
    expect(response.status).toBe(200);
  };

  /** Resolves when Event Grid has come to this point with an event. */
  const recordOf = (type: string) =>
    new Promise<void>((resolve) => {
      const stop = cloud.eventGrid.onRecord((record) => {
        if (record.type !== type) return;
        stop();
        resolve();
      });
    });

  it('a blob that is put, committed, appended, copied or deleted: the function hears of each', async () => {
    const subject = '/blobServices/default/containers/papers/blobs/a';
    const heard = () => log.next('blob');
    await papers().getBlockBlobClient('a').upload('1', 1);
    expect(await heard()).toEqual({ eventType: 'Microsoft.Storage.BlobCreated', subject, api: 'PutBlob' });

    const blocks = papers().getBlockBlobClient('b');
    await blocks.stageBlock('MQ==', '1', 1);
    await blocks.commitBlockList(['MQ==']);
    expect(await heard()).toMatchObject({ api: 'PutBlockList' });

    await papers().getAppendBlobClient('c').create();
    expect(await heard()).toMatchObject({ eventType: 'Microsoft.Storage.BlobCreated' });

    await (await papers().getBlobClient('d').beginCopyFromURL(papers().getBlobClient('a').url)).pollUntilDone();
    expect(await heard()).toMatchObject({ api: 'CopyBlob' });

    await papers().deleteBlob('a');
    expect(await heard()).toEqual({ eventType: 'Microsoft.Storage.BlobDeleted', subject, api: 'DeleteBlob' });
  });

  it('a function that fails gets the event again after ten seconds, and that is the end of it', async () => {
    const isRefused = recordOf('attempted');
    await publish('moods', 'one');
    expect(await log.next('mood')).toBe('one');
    await isRefused;
    const isFinished = recordOf('finished');

    clock.advanceBy(60_000);

    expect(await log.next('mood')).toBe('one');
    await isFinished;
    expect(log.recorded('mood')).toHaveLength(2);
  });

  it('a queue that was drained in part: its rest wakes the function two minutes later, new messages at once', async () => {
    const client = new ServiceBusClient(cloud.ready.serviceBus.connectionString);
    const sender = client.createSender('refunds');
    let isFinished = recordOf('finished');
    await sender.sendMessages([{ body: 'first' }, { body: 'second' }]);
    expect(await log.next('taken')).toBe('first');
    await isFinished;

    isFinished = recordOf('finished');
    clock.advanceBy(120_000);
    expect(await log.next('taken')).toBe('second');
    await isFinished;

    // Empty: two more notices pass by, and nobody is woken for nothing.
    clock.advanceBy(240_000);
    await sender.sendMessages({ body: 'third' });
    expect(await log.next('taken')).toBe('third');
    expect(log.recorded('taken')).toEqual(['first', 'second', 'third']);
    await client.close();
  });

  it('a command for a queue that has been given sessions ends as a blob among the dead letters', async () => {
    const turns = cloud.serviceBus.broker.getQueue('turns');
    if (!turns.ok) throw new Error('The queue is not there.');
    cloud.serviceBus.broker.deleteQueue('turns');
    cloud.serviceBus.broker.createQueue({ ...turns.definition, requiresSession: true });
    const deadLetter = new Promise<string>((resolve) =>
      cloud.storage.onBlobEvent(({ subject }) => {
        if (subject.includes('/containers/dead/')) resolve(subject.split('/blobs/')[1]!);
      }),
    );

    await publish('commands', 'one');

    const name = await deadLetter;
    expect(name).toMatch(/^TO-TURNS\/2026\/1\/1\/0\/[\w-]+\.json$/);
    const dead = BlobServiceClient.fromConnectionString(cloud.ready.storage.connectionString).getContainerClient(
      'dead',
    );
    expect(JSON.parse((await dead.getBlobClient(name).downloadToBuffer()).toString())).toMatchObject([
      { id: 'one', lastDeliveryOutcome: 'SessionQueueNotSupported', deliveryAttempts: 1 },
    ]);
  });

  it('an app that crashes comes back although time stands', async () => {
    const queues = QueueServiceClient.fromConnectionString(cloud.ready.storage.connectionString);
    await queues.getQueueClient('deadly').sendMessage(Buffer.from('x').toString('base64'));
    clock.advanceBy(2_000);

    await log.line(/The app's process ended with code 3/);

    await log.line(/The app has been started again/);
  });
});
