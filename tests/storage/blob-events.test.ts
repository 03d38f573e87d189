import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../local/clock/index.ts';
import { type BlobEvent, type Storage, startStorage } from '../../local/storage/index.ts';

let storage: Storage;
let container: ContainerClient;
let events: BlobEvent[];

beforeAll(async () => {
  storage = await startStorage({
    blobPort: 0,
    queuePort: 0,
    tablePort: 0,
    dataFolder: null,
    topology: { containers: ['photos'], queues: [], tables: [] },
    clock: new VirtualClock(Date.UTC(2026, 2, 1, 12)),
    log: () => undefined,
  });
  container = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient('photos');
  storage.onBlobEvent((event) => events.push(event));
});
afterAll(() => storage.close());
beforeEach(() => {
  events = [];
});

const summary = () => events.map(({ eventType, data }) => `${eventType.split('.').at(-1)} ${data.api}`);

describe('a blob that is created raises BlobCreated', () => {
  test('Put Blob: one event with everything a handler may ask for', async () => {
    const blob = container.getBlockBlobClient('2026/a photo.png');
    const response = await blob.upload('12345', 5, { blobHTTPHeaders: { blobContentType: 'image/png' } });

    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      subject: '/blobServices/default/containers/photos/blobs/2026/a photo.png',
      eventType: 'Microsoft.Storage.BlobCreated',
      eventTime: '2026-03-01T12:00:00.000Z',
      dataVersion: '',
      metadataVersion: '1',
      data: {
        api: 'PutBlob',
        clientRequestId: response.clientRequestId,
        requestId: response.requestId,
        eTag: response.etag?.replaceAll('"', ''),
        contentType: 'image/png',
        contentLength: 5,
        blobType: 'BlockBlob',
        url: `${storage.blobUrl}/photos/2026/a%20photo.png`,
      },
    });
    expect(events[0]?.topic).toMatch(/\/providers\/Microsoft\.Storage\/storageAccounts\/devstoreaccount1$/);
    expect(events[0]?.data.storageDiagnostics.batchId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a block list: nothing while blocks are staged, one event when they are committed', async () => {
    const blob = container.getBlockBlobClient('blocks.bin');
    const ids = ['one', 'two'].map((id) => Buffer.from(id).toString('base64'));
    for (const id of ids) await blob.stageBlock(id, 'abc', 3);
    expect(summary()).toEqual([]);

    const response = await blob.commitBlockList(ids, { blobHTTPHeaders: { blobContentType: 'text/plain' } });

    expect(summary()).toEqual(['BlobCreated PutBlockList']);
    expect(events[0]?.data).toMatchObject({
      contentLength: 6,
      contentType: 'text/plain',
      eTag: response.etag?.replaceAll('"', ''),
    });
  });

  test('a large parallel upload: one event', async () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024);
    await container
      .getBlockBlobClient('large.bin')
      .uploadData(bytes, { blockSize: 1024 * 1024, maxSingleShotSize: 1024 * 1024 });

    expect(summary()).toEqual(['BlobCreated PutBlockList']);
    expect(events[0]?.data.contentLength).toBe(bytes.length);
  });

  test('a copy that the service runs, and a copy that the client waits for', async () => {
    const source = container.getBlockBlobClient('source.txt');
    await source.upload('text', 4, { blobHTTPHeaders: { blobContentType: 'text/plain' } });
    events = [];

    const poller = await container.getBlobClient('copy-1.txt').beginCopyFromURL(source.url);
    await poller.pollUntilDone();
    await container.getBlobClient('copy-2.txt').syncCopyFromURL(source.url);

    expect(summary()).toEqual(['BlobCreated CopyBlob', 'BlobCreated CopyBlob']);
    expect(events.map((event) => event.subject.split('/').at(-1))).toEqual(['copy-1.txt', 'copy-2.txt']);
    expect(events[1]?.data).toMatchObject({ contentType: 'text/plain', contentLength: 4, blobType: 'BlockBlob' });
  });

  test('an append blob: an event when it is created, none when it grows', async () => {
    const blob = container.getAppendBlobClient('log.txt');
    await blob.create();
    await blob.appendBlock('line', 4);

    expect(summary()).toEqual(['BlobCreated PutBlob']);
    expect(events[0]?.data).toMatchObject({ blobType: 'AppendBlob', contentLength: 0 });
  });

  test('a page blob: an event when it is created, none when pages are written', async () => {
    const blob = container.getPageBlobClient('disk.vhd');
    await blob.create(512);
    await blob.uploadPages(Buffer.alloc(512), 0, 512);

    expect(summary()).toEqual(['BlobCreated PutBlob']);
    expect(events[0]?.data).toMatchObject({ blobType: 'PageBlob', contentLength: 512 });
  });

  test('written over: an event again, with a greater sequencer', async () => {
    const blob = container.getBlockBlobClient('again.txt');
    await blob.upload('a', 1);
    await blob.upload('b', 1);

    expect(summary()).toEqual(['BlobCreated PutBlob', 'BlobCreated PutBlob']);
    const [first, second] = events.map((event) => event.data.sequencer);
    expect(second! > first!).toBe(true);
  });

  test('metadata, properties, tier, tags and snapshots raise nothing', async () => {
    const blob = container.getBlockBlobClient('still.txt');
    await blob.upload('a', 1);
    events = [];

    await blob.setMetadata({ a: 'b' });
    await blob.setHTTPHeaders({ blobContentType: 'text/css' });
    await blob.setAccessTier('Cool');
    await blob.setTags({ a: 'b' });
    await blob.createSnapshot();

    expect(summary()).toEqual([]);
  });

  test('refused by a condition: no event', async () => {
    const blob = container.getBlockBlobClient('once.txt');
    await blob.upload('a', 1);
    events = [];

    await expect(blob.upload('b', 1, { conditions: { ifNoneMatch: '*' } })).rejects.toMatchObject({ statusCode: 409 });
    await expect(blob.upload('b', 1, { conditions: { ifMatch: '"0x0"' } })).rejects.toMatchObject({ statusCode: 412 });

    expect(summary()).toEqual([]);
  });
});

describe('a blob that is deleted raises BlobDeleted', () => {
  test('with what it was', async () => {
    const blob = container.getBlockBlobClient('gone.txt');
    await blob.upload('a', 1, { blobHTTPHeaders: { blobContentType: 'text/plain' } });
    events = [];

    const response = await blob.delete();

    expect(summary()).toEqual(['BlobDeleted DeleteBlob']);
    expect(events[0]).toMatchObject({
      subject: '/blobServices/default/containers/photos/blobs/gone.txt',
      data: { requestId: response.requestId, contentType: 'text/plain', blobType: 'BlockBlob', url: blob.url },
    });
    expect(events[0]?.data).not.toHaveProperty('eTag');
    expect(events[0]?.data).not.toHaveProperty('contentLength');
  });

  test('its snapshots alone: no event; with its snapshots: one', async () => {
    const blob = container.getBlockBlobClient('layers.txt');
    await blob.upload('a', 1);
    const { snapshot } = await blob.createSnapshot();
    await blob.createSnapshot();
    events = [];

    await blob.withSnapshot(snapshot!).delete();
    await blob.delete({ deleteSnapshots: 'only' });
    expect(summary()).toEqual([]);

    await blob.createSnapshot();
    await blob.delete({ deleteSnapshots: 'include' });
    expect(summary()).toEqual(['BlobDeleted DeleteBlob']);
  });

  test('a blob that is not there: no event', async () => {
    await container.getBlockBlobClient('never.txt').deleteIfExists();

    expect(summary()).toEqual([]);
  });

  test('in a batch: an event for each', async () => {
    const blobs = ['b1', 'b2'].map((name) => container.getBlockBlobClient(name));
    for (const blob of blobs) await blob.upload('a', 1);
    events = [];

    const service = BlobServiceClient.fromConnectionString(storage.connectionString);
    const credential = container.credential;
    await service.getBlobBatchClient().deleteBlobs(
      blobs.map((blob) => blob.url),
      credential,
    );

    expect(summary()).toEqual(['BlobDeleted DeleteBlob', 'BlobDeleted DeleteBlob']);
  });

  test('a whole container: no event for the blobs in it', async () => {
    const other = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient('short-lived');
    await other.create();
    await other.getBlockBlobClient('a').upload('a', 1);
    events = [];

    await other.delete();

    expect(summary()).toEqual([]);
  });
});

test('who has stopped listening hears nothing', async () => {
  const heard: BlobEvent[] = [];
  const stop = storage.onBlobEvent((event) => heard.push(event));
  stop();
  await container.getBlockBlobClient('unheard.txt').upload('a', 1);

  expect(heard).toEqual([]);
});
