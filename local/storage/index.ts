import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, RealClock } from '../clock/index.ts';
import type { Log } from '../log.ts';
import type { StorageTopology } from '../topology/types.ts';
import { ACCOUNT_KEY, ACCOUNT_NAME, type BlobMetadataStore, type StorageService, startService } from './azurite.ts';
import { type BlobEvent, watchBlobs } from './blob-events.ts';
import { type StorageRequest, sendStorageRequest } from './signed-request.ts';

export type { BlobEvent, BlobEventData } from './blob-events.ts';

export interface StorageOptions {
  /** 0 for a free one; so the other two. */
  readonly blobPort: number;
  readonly queuePort: number;
  readonly tablePort: number;
  /** Where everything lives between runs; null for memory. */
  readonly dataFolder: string | null;
  readonly topology: StorageTopology;
  /** Stamps events. Azurite itself keeps real time. */
  readonly clock?: Clock;
  readonly log: Log;
}

export interface Storage {
  readonly connectionString: string;
  /** Each with the account: `http://127.0.0.1:10000/devstoreaccount1`. */
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  /** Every blob that is created, replaced or deleted. Returns what ends the listening. */
  onBlobEvent(listener: (event: BlobEvent) => void): () => void;
  /** Writes a block blob, and the container if it is not there. */
  putBlob(container: string, name: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /**
   * Puts a message on a queue: `text` as it is (what reads base64 wants it encoded), at most 64 KiB.
   * @param ttlSeconds default 7 days; -1 for ever
   */
  sendQueueMessage(queue: string, text: string, ttlSeconds?: number): Promise<QueueOutcome>;
  close(): Promise<void>;
}

export type QueueOutcome =
  | { readonly delivered: true }
  | {
      readonly delivered: false;
      readonly outcome: 'NotFound' | 'BadRequest' | 'PayloadTooLarge' | 'Busy' | 'SocketError';
      readonly reason: string;
    };

/**
 * Storage on the loopback address, with the entities of `topology` in it.
 * @throws the system's error when a port cannot be had; nothing is left open then
 */
export async function startStorage(options: StorageOptions): Promise<Storage> {
  const clock = options.clock ?? new RealClock();
  const folder = options.dataFolder === null ? null : join(options.dataFolder, 'storage');
  if (folder !== null) await mkdir(folder, { recursive: true });
  const { blob, queue, table } = await startAll(options, folder);
  const urls = {
    blob: `http://127.0.0.1:${blob.port}/${ACCOUNT_NAME}`,
    queue: `http://127.0.0.1:${queue.port}/${ACCOUNT_NAME}`,
    table: `http://127.0.0.1:${table.port}/${ACCOUNT_NAME}`,
  };
  // Azurite compares the date of a signature with the system's clock, not with ours.
  const systemClock = new RealClock();
  const listeners = new Set<(event: BlobEvent) => void>();
  watchBlobs({
    store: blob.metadataStore as BlobMetadataStore,
    clock,
    startedAt: systemClock.now(),
    blobUrl: urls.blob,
    emit: (event) => {
      options.log('debug', 'storage', `${event.eventType} ${event.subject} (${event.data.api})`);
      for (const listener of listeners) listener(event);
    },
  });

  const send = (request: Omit<StorageRequest, 'now'>) =>
    sendStorageRequest(urls[request.service], { ...request, now: systemClock.now() });

  async function close(): Promise<void> {
    listeners.clear();
    await Promise.all([blob.close(), queue.close(), table.close()]);
  }

  try {
    await createEntities(options.topology, send);
  } catch (error) {
    await close();
    throw error;
  }

  async function putBlob(container: string, name: string, bytes: Uint8Array, contentType: string): Promise<void> {
    const path = `${container}/${name.split('/').map(encodeURIComponent).join('/')}`;
    const headers = { 'content-type': contentType, 'x-ms-blob-type': 'BlockBlob' };
    const put = () => send({ method: 'PUT', service: 'blob', path, headers, body: bytes });
    let response = await put();
    if (response.status === 404) {
      await response.body?.cancel();
      await createContainer(container, send);
      response = await put();
    }
    await expectSuccess(response, `the blob ${container}/${name}`);
  }

  async function sendQueueMessage(queueName: string, text: string, ttlSeconds?: number): Promise<QueueOutcome> {
    const path = `${queueName}/messages`;
    const query: Record<string, string> = ttlSeconds === undefined ? {} : { messagettl: String(ttlSeconds) };
    const body = `<QueueMessage><MessageText>${escapeXml(text)}</MessageText></QueueMessage>`;
    const headers = { 'content-type': 'application/xml' };
    try {
      const response = await send({ method: 'POST', service: 'queue', path, query, headers, body });
      const answer = await response.text();
      if (response.ok) return { delivered: true };
      const reason = /<Message>([^<]*)/.exec(answer)?.[1]?.split('\n')[0] ?? `HTTP ${response.status}`;
      if (response.status === 404) return { delivered: false, outcome: 'NotFound', reason };
      if (response.status === 413 || answer.includes('RequestBodyTooLarge'))
        return { delivered: false, outcome: 'PayloadTooLarge', reason };
      if (response.status >= 500) return { delivered: false, outcome: 'Busy', reason };
      return { delivered: false, outcome: 'BadRequest', reason };
    } catch (error) {
      return {
        delivered: false,
        outcome: 'SocketError',
        reason: error instanceof Error ? error.message : String(error),
      };
    }
  }

  return {
    connectionString: [
      'DefaultEndpointsProtocol=http',
      `AccountName=${ACCOUNT_NAME}`,
      `AccountKey=${ACCOUNT_KEY}`,
      `BlobEndpoint=${urls.blob}`,
      `QueueEndpoint=${urls.queue}`,
      `TableEndpoint=${urls.table}`,
      '',
    ].join(';'),
    blobUrl: urls.blob,
    queueUrl: urls.queue,
    tableUrl: urls.table,
    onBlobEvent: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    putBlob,
    sendQueueMessage,
    close,
  };
}

async function startAll(options: StorageOptions, folder: string | null) {
  const started = await Promise.allSettled([
    startService('blob', options.blobPort, folder),
    startService('queue', options.queuePort, folder),
    startService('table', options.tablePort, folder),
  ]);
  const failure = started.find((result) => result.status === 'rejected');
  if (failure) {
    await Promise.all(started.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
    throw failure.reason;
  }
  const [blob, queue, table] = started.map((result) => (result as PromiseFulfilledResult<StorageService>).value);
  return { blob: blob!, queue: queue!, table: table! };
}

type Send = (request: Omit<StorageRequest, 'now'>) => Promise<Response>;

async function createEntities(topology: StorageTopology, send: Send): Promise<void> {
  await Promise.all([
    ...topology.containers.map((name) => createContainer(name, send)),
    ...topology.queues.map(async (name) => {
      await expectSuccess(await send({ method: 'PUT', service: 'queue', path: name }), `the queue ${name}`);
    }),
    ...topology.tables.map(async (name) => {
      const body = JSON.stringify({ TableName: name });
      const headers = { 'content-type': 'application/json', accept: 'application/json;odata=nometadata' };
      const request = { method: 'POST', service: 'table', path: 'Tables', headers, body } as const;
      await expectSuccess(await send(request), `the table ${name}`);
    }),
  ]);
}

async function createContainer(name: string, send: Send): Promise<void> {
  const response = await send({ method: 'PUT', service: 'blob', path: name, query: { restype: 'container' } });
  await expectSuccess(response, `the container ${name}`);
}

/** 409: it is there from an earlier run. */
async function expectSuccess(response: Response, what: string): Promise<void> {
  const answer = await response.text();
  if (!response.ok && response.status !== 409)
    throw new Error(`Storage refused ${what}: HTTP ${response.status} ${answer.slice(0, 500)}`);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
