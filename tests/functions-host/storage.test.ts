import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Storage, startStorage } from '../../local/storage/index.ts';
import { type RunningApp, runApp } from './support.ts';

let storage: Storage;
let app: RunningApp;
let queues: QueueServiceClient;
let blobs: BlobServiceClient;

beforeAll(async () => {
  storage = await startStorage({
    blobPort: 0,
    queuePort: 0,
    tablePort: 0,
    dataFolder: null,
    topology: {
      containers: ['photos', 'papers', 'results', 'plates'],
      queues: ['jobs', 'work', 'fail', 'crash-once', 'results'],
      tables: [],
    },
    log: () => {},
  });
  queues = QueueServiceClient.fromConnectionString(storage.connectionString);
  blobs = BlobServiceClient.fromConnectionString(storage.connectionString);
  // Nobody sets ShopStorage: it means this cloud.
  app = await runApp('storage', { settings: { JOBS_QUEUE: 'jobs' }, cloud: { storage: storage.connectionString } });
});
afterAll(async () => {
  await app?.close();
  await storage?.close();
});

const send = (queue: string, text: string) =>
  queues.getQueueClient(queue).sendMessage(Buffer.from(text).toString('base64'));

describe('the Storage queue trigger', () => {
  it('a message arrives with its metadata, and is gone once the function has run', async () => {
    const sent = await send('jobs', 'print it');
    expect(await app.next('job')).toEqual({
      job: 'print it',
      metadata: {
        queueTrigger: 'print it',
        dequeueCount: 1,
        id: sent.messageId,
        insertionTime: expect.stringMatching(/^\d{4}-.*Z$/),
        expirationTime: expect.stringMatching(/Z$/),
        nextVisibleTime: expect.stringMatching(/Z$/),
        popReceipt: expect.any(String),
        sys: { methodName: 'take-job', utcNow: expect.any(String), randGuid: expect.any(String) },
      },
    });
    await app.line(/Executed 'Functions\.take-job' \(Succeeded/);
    await expect
      .poll(async () => (await queues.getQueueClient('jobs').getProperties()).approximateMessagesCount)
      .toBe(0);
  });

  it('bindings read and write: blob and row in; queue, blob and row out', async () => {
    const papers = blobs.getContainerClient('papers');
    await papers.getBlockBlobClient('glossy.txt').upload('glossy 200g', 11);
    await send('work', JSON.stringify({ id: 'w1', paper: 'glossy' }));
    expect(await app.next('work')).toEqual({ id: 'w1', paper: 'glossy 200g', row: null });
    await app.line(/Executed 'Functions\.work' \(Succeeded/);

    const { peekedMessageItems } = await queues.getQueueClient('results').peekMessages({ numberOfMessages: 5 });
    expect(peekedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString())).toEqual([
      '{"id":"w1","part":1}',
      'plain text',
    ]);
    const year = new Date().getUTCFullYear();
    const archived = await blobs.getContainerClient('archive').getBlobClient(`w1/${year}.json`).downloadToBuffer();
    expect(JSON.parse(archived.toString())).toEqual({ archived: 'w1' });
    const table = TableClient.fromConnectionString(storage.connectionString, 'orders', {
      allowInsecureConnection: true,
    });
    expect(await table.getEntity('all', 'w1')).toMatchObject({ sheets: 12 });

    await send('work', JSON.stringify({ id: 'w1', paper: 'none' }));
    expect(await app.next('work')).toEqual({
      id: 'w1',
      paper: null,
      row: { PartitionKey: 'all', RowKey: 'w1', sheets: 12 },
    });
  });

  it('a message that fails too often goes to the poison queue, whose function gets it', async () => {
    await send('fail', '{"sheet":7}');
    expect(await app.next('fail')).toEqual({ message: { sheet: 7 }, dequeueCount: 1 });
    expect(await app.next('fail')).toEqual({ message: { sheet: 7 }, dequeueCount: 2 });
    expect(await app.next('poison')).toEqual({ sheet: 7 });
  });

  it('what is no base64 goes to the poison queue unseen', async () => {
    await queues.getQueueClient('fail').sendMessage('{"not":"base64"}');
    await expect
      .poll(async () =>
        app.lines.some((line) => /is not base64: .* Moving message .* to queue 'fail-poison'/.test(line)),
      )
      .toBe(true);
    expect(app.recorded('fail')).toHaveLength(2);
  });

  it('a message whose function took the process down with it is tried again', async () => {
    await send('crash-once', 'careful');
    expect(await app.next('crash-once')).toBe(1);
    expect(await app.next('crash-once')).toBe(2);
    await app.line(/Executed 'Functions\.crash-once' \(Succeeded/);
  });
});

it('with sdkBinding a blob input says where the blob, or the container, is', async () => {
  const response = await fetch(`${app.url}/api/refer/thick`);
  expect(await response.json()).toEqual([
    { Connection: 'ShopStorage', ContainerName: 'papers', BlobName: 'thick.txt' },
    { Connection: 'ShopStorage', ContainerName: 'papers', BlobName: '' },
  ]);
});

describe('the blob trigger', () => {
  const notify = (name: string) =>
    fetch(`${app.url}/runtime/webhooks/blobs?functionName=Host.Functions.receive-photo&code=x`, {
      method: 'POST',
      headers: { 'aeg-event-type': 'Notification' },
      body: JSON.stringify([
        {
          id: '1',
          eventType: 'Microsoft.Storage.BlobCreated',
          subject: `/blobServices/default/containers/photos/blobs/${name}`,
          data: { eTag: '0x1', blobType: 'BlockBlob', url: '…' },
          eventTime: '2026-01-01T00:00:00Z',
          dataVersion: '',
        },
      ]),
    });

  it('by Event Grid: content and the parts of the path', async () => {
    await blobs
      .getContainerClient('photos')
      .getBlockBlobClient('summer/lake.jpg')
      .upload('jpeg!', 5, { blobHTTPHeaders: { blobContentType: 'image/jpeg' }, metadata: { owner: 'ann' } });
    expect((await notify('summer/lake.jpg')).status).toBe(202);
    expect(await app.next('photo')).toEqual({
      isBuffer: true,
      length: 5,
      album: 'summer',
      name: 'lake',
      blobTrigger: 'photos/summer/lake.jpg',
      contentType: 'image/jpeg',
      metadata: { owner: 'ann' },
    });
  });

  it('runs by hand on the path of a blob', async () => {
    const response = await fetch(`${app.url}/admin/functions/receive-photo`, {
      method: 'POST',
      body: '{"input":"photos/summer/lake.jpg"}',
    });
    expect(response.status).toBe(202);
    expect(await app.next('photo')).toMatchObject({ name: 'lake', length: 5 });
  });

  it('a blob outside the path pattern is passed over', async () => {
    expect((await notify('readme.txt')).status).toBe(202);
    expect(app.recorded('photo')).toHaveLength(2);
  });

  it('one that fails ends in webjobs-blobtrigger-poison', async () => {
    await blobs.getContainerClient('photos').getBlockBlobClient('summer/broken.jpg').upload('x', 1);
    await notify('summer/broken.jpg');
    await app.next('photo');
    await app.next('photo');
    await app.line(/to queue 'webjobs-blobtrigger-poison'/);
    const poison = queues.getQueueClient('webjobs-blobtrigger-poison');
    await expect.poll(async () => (await poison.peekMessages()).peekedMessageItems.length).toBe(1);
    const [message] = (await poison.peekMessages()).peekedMessageItems;
    expect(JSON.parse(Buffer.from(message!.messageText, 'base64').toString())).toEqual({
      Type: 'BlobTrigger',
      FunctionId: 'Host.Functions.receive-photo',
      BlobType: 'BlockBlob',
      ContainerName: 'photos',
      BlobName: 'summer/broken.jpg',
      ETag: '0x1',
    });
  });

  it('the handshake is answered', async () => {
    const response = await fetch(`${app.url}/runtime/webhooks/blobs?functionName=Host.Functions.receive-photo`, {
      method: 'POST',
      headers: { 'aeg-event-type': 'SubscriptionValidation' },
      body: JSON.stringify([{ id: '1', data: { validationCode: 'abc' } }]),
    });
    expect(await response.json()).toEqual({ validationResponse: 'abc' });
  });

  it('without Event Grid a scan of the container finds each blob once', async () => {
    await blobs.getContainerClient('plates').getBlockBlobClient('a/plate').upload('copper', 6);
    expect(await app.next('plate')).toEqual({ text: 'copper', path: 'plates/a/plate' });
    await blobs.getContainerClient('plates').getBlockBlobClient('a/plate').upload('zinc', 4);
    expect(await app.next('plate')).toEqual({ text: 'zinc', path: 'plates/a/plate' });
    expect(app.recorded('plate')).toHaveLength(2);
  });
});
