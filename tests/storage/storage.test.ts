import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterEach, describe, expect, test } from 'vitest';
import { type Storage, type StorageOptions, startStorage } from '../../local/storage/index.ts';

const nothing = { containers: [], queues: [], tables: [] };
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(options: Partial<StorageOptions> = {}): Promise<Storage> {
  const storage = await startStorage({
    blobPort: 0,
    queuePort: 0,
    tablePort: 0,
    dataFolder: null,
    topology: nothing,
    log: () => undefined,
    ...options,
  });
  closers.push(() => storage.close());
  return storage;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crossover-storage-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const read = async (storage: Storage, container: string, blob: string) =>
  (
    await BlobServiceClient.fromConnectionString(storage.connectionString)
      .getContainerClient(container)
      .getBlobClient(blob)
      .downloadToBuffer()
  ).toString();

describe('storage', () => {
  test('has the declared entities, for the official clients', async () => {
    const { connectionString } = await start({
      topology: { containers: ['photos'], queues: ['jobs'], tables: ['Orders'] },
    });

    expect(await BlobServiceClient.fromConnectionString(connectionString).getContainerClient('photos').exists()).toBe(
      true,
    );
    expect(await QueueServiceClient.fromConnectionString(connectionString).getQueueClient('jobs').exists()).toBe(true);
    const table = TableClient.fromConnectionString(connectionString, 'Orders', { allowInsecureConnection: true });
    await table.createEntity({ partitionKey: 'a', rowKey: 'b', total: 5 });
    expect(await table.getEntity('a', 'b')).toMatchObject({ total: 5 });
  });

  test('keeps blobs, messages and rows in its folder from one run to the next', async () => {
    const dataFolder = await newFolder();
    const topology = { containers: ['photos'], queues: ['jobs'], tables: ['Orders'] };
    const first = await startStorage({
      blobPort: 0,
      queuePort: 0,
      tablePort: 0,
      dataFolder,
      topology,
      log: () => undefined,
    });
    await first.putBlob('photos', 'a.txt', Buffer.from('kept'), 'text/plain');
    await first.sendQueueMessage('jobs', 'kept');
    const table = TableClient.fromConnectionString(first.connectionString, 'Orders', { allowInsecureConnection: true });
    await table.createEntity({ partitionKey: 'a', rowKey: 'b' });
    await first.close();

    const second = await start({ dataFolder, topology });

    expect(await read(second, 'photos', 'a.txt')).toBe('kept');
    const queue = QueueServiceClient.fromConnectionString(second.connectionString).getQueueClient('jobs');
    expect((await queue.receiveMessages()).receivedMessageItems.map((item) => item.messageText)).toEqual(['kept']);
    const again = TableClient.fromConnectionString(second.connectionString, 'Orders', {
      allowInsecureConnection: true,
    });
    expect(await again.getEntity('a', 'b')).toMatchObject({ rowKey: 'b' });
  });

  test('loses nothing that it has acknowledged when the process is killed', async () => {
    const dataFolder = await newFolder();
    const first = await start({
      dataFolder,
      topology: { containers: ['photos'], queues: ['jobs'], tables: ['Orders'] },
    });
    await first.putBlob('photos', 'kept.txt', Buffer.from('old'), 'text/plain');
    await first.putBlob('photos', 'kept.txt', Buffer.from('new'), 'text/plain');
    await first.putBlob('photos', 'gone.txt', Buffer.from('gone'), 'text/plain');
    const photos = BlobServiceClient.fromConnectionString(first.connectionString).getContainerClient('photos');
    await photos.deleteBlob('gone.txt');
    for (const text of ['taken', 'left']) await first.sendQueueMessage('jobs', text);
    const jobs = QueueServiceClient.fromConnectionString(first.connectionString).getQueueClient('jobs');
    const [taken] = (await jobs.receiveMessages()).receivedMessageItems;
    await jobs.deleteMessage(taken!.messageId, taken!.popReceipt);
    const rowsOf = (storage: Storage, table: string) =>
      TableClient.fromConnectionString(storage.connectionString, table, { allowInsecureConnection: true });
    await rowsOf(first, 'Orders').createEntity({ partitionKey: 'a', rowKey: '1', total: 5 });
    await rowsOf(first, 'Orders').updateEntity({ partitionKey: 'a', rowKey: '1', total: 6 }, 'Replace');
    await rowsOf(first, 'Late').createTable();
    await rowsOf(first, 'Late').createEntity({ partitionKey: 'b', rowKey: '2' });
    // What a killed process leaves is what stands on the disk at that moment.
    const leftBehind = await newFolder();
    await cp(dataFolder, leftBehind, { recursive: true });

    const second = await start({ dataFolder: leftBehind });

    expect(await read(second, 'photos', 'kept.txt')).toBe('new');
    await expect(read(second, 'photos', 'gone.txt')).rejects.toMatchObject({ statusCode: 404 });
    const queue = QueueServiceClient.fromConnectionString(second.connectionString).getQueueClient('jobs');
    expect((await queue.receiveMessages({ numberOfMessages: 9 })).receivedMessageItems).toMatchObject([
      { messageText: 'left', dequeueCount: 1 },
    ]);
    expect(await rowsOf(second, 'Orders').getEntity('a', '1')).toMatchObject({ total: 6 });
    expect(await rowsOf(second, 'Late').getEntity('b', '2')).toMatchObject({ rowKey: '2' });

    await rowsOf(second, 'Late').createEntity({ partitionKey: 'a', rowKey: '1' });
    expect(await rowsOf(second, 'Late').getEntity('a', '1')).toMatchObject({ rowKey: '1' });
  });

  test('leaves no journal behind when it is closed', async () => {
    const dataFolder = await newFolder();
    const storage = await startStorage({
      blobPort: 0,
      queuePort: 0,
      tablePort: 0,
      dataFolder,
      topology: { containers: ['photos'], queues: ['jobs'], tables: ['Orders'] },
      log: () => undefined,
    });
    await storage.putBlob('photos', 'a.txt', Buffer.from('a'), 'text/plain');
    await storage.close();

    expect((await readdir(join(dataFolder, 'storage'))).filter((name) => name.includes('journal'))).toEqual([]);
  });

  test('two in memory share nothing', async () => {
    const topology = { ...nothing, containers: ['photos'] };
    const [one, two] = [await start({ topology }), await start({ topology })];
    await one.putBlob('photos', 'a.txt', Buffer.from('one'), 'text/plain');

    await expect(read(two, 'photos', 'a.txt')).rejects.toMatchObject({ statusCode: 404 });
  });

  test('puts a blob whose name has blanks and signs, and makes the container that is missing', async () => {
    const storage = await start();
    await storage.putBlob('dead-letters', 'SUB/2026/a b+ü&c.json', Buffer.from('[1]'), 'application/json');

    expect(await read(storage, 'dead-letters', 'SUB/2026/a b+ü&c.json')).toBe('[1]');
  });

  test('sends a queue message as it is', async () => {
    const storage = await start({ topology: { ...nothing, queues: ['jobs'] } });

    expect(await storage.sendQueueMessage('jobs', '<ä & "b">', 60)).toEqual({ delivered: true });

    const queue = QueueServiceClient.fromConnectionString(storage.connectionString).getQueueClient('jobs');
    const [message] = (await queue.receiveMessages()).receivedMessageItems;
    expect(message?.messageText).toBe('<ä & "b">');
    expect(message!.expiresOn.getTime() - message!.insertedOn.getTime()).toBe(60_000);
  });

  test('says why a message was not put on a queue', async () => {
    const storage = await start({ topology: { ...nothing, queues: ['jobs'] } });

    expect(await storage.sendQueueMessage('nobody', 'x')).toMatchObject({ delivered: false, outcome: 'NotFound' });
    expect(await storage.sendQueueMessage('jobs', 'x'.repeat(70_000))).toMatchObject({ outcome: 'PayloadTooLarge' });
    await storage.close();
    closers.pop();
    expect(await storage.sendQueueMessage('jobs', 'x')).toMatchObject({ outcome: 'SocketError' });
  });

  test('a port in use: the error says which, and nothing stays open', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => other.close(resolve)));
    const { port } = other.address() as { port: number };
    const dataFolder = await newFolder();

    await expect(start({ tablePort: port, dataFolder })).rejects.toMatchObject({ code: 'EADDRINUSE', port });

    await start({ dataFolder });
  });

  test('an account of the environment does not change the documented one', async () => {
    process.env.AZURITE_ACCOUNTS = 'other:a2V5';
    closers.push(async () => void delete process.env.AZURITE_ACCOUNTS);

    const storage = await start({ topology: { ...nothing, containers: ['photos'] } });

    expect(storage.connectionString).toContain('AccountName=devstoreaccount1');
  });

  test("Azurite's telemetry is not even loaded", async () => {
    await start();

    const { createRequire } = await import('node:module');
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    expect(loaded.some((file) => file.includes('azurite'))).toBe(true);
    expect(loaded.filter((file) => /node_modules[\\/]applicationinsights[\\/]/.test(file))).toEqual([]);
  });
});
