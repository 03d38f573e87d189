import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock/index.ts';
import { ACCOUNT_NAME, type BlobMetadataStore, type BlobRequestContext, type StoredBlobProperties } from './azurite.ts';

/** `Microsoft.Storage.BlobCreated` or `BlobDeleted` in the Event Grid schema (page "Azure Blob Storage as an Event Grid source"). */
export interface BlobEvent {
  readonly id: string;
  readonly topic: string;
  /** `/blobServices/default/containers/{container}/blobs/{path}` */
  readonly subject: string;
  readonly eventType: 'Microsoft.Storage.BlobCreated' | 'Microsoft.Storage.BlobDeleted';
  /** ISO 8601, UTC. */
  readonly eventTime: string;
  readonly dataVersion: string;
  readonly metadataVersion: string;
  readonly data: BlobEventData;
}

export interface BlobEventData {
  /** The REST operation. */
  readonly api: 'PutBlob' | 'PutBlockList' | 'CopyBlob' | 'DeleteBlob';
  readonly clientRequestId?: string;
  readonly requestId: string;
  /** Without quotes; BlobCreated only. */
  readonly eTag?: string;
  readonly contentType: string;
  /** Bytes; BlobCreated only. */
  readonly contentLength?: number;
  readonly blobType: string;
  readonly url: string;
  /** Of two events of one blob name the later has the greater string. */
  readonly sequencer: string;
  readonly storageDiagnostics: { readonly batchId: string };
}

/** The account as ARM names it; a local cloud has no subscription. */
const TOPIC = `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/crossover/providers/Microsoft.Storage/storageAccounts/${ACCOUNT_NAME}`;

/** Their activity raises no events (the same page, first note). */
const SILENT_CONTAINERS = ['$logs', '$blobchangefeed'];

interface Change {
  readonly api: BlobEventData['api'];
  readonly context: BlobRequestContext;
  readonly container: string;
  readonly blob: string;
  readonly properties: StoredBlobProperties;
}

export interface BlobEventSource {
  readonly store: BlobMetadataStore;
  readonly clock: Clock;
  /** Real time, so that sequencers rise from one run to the next even where the other clock is a virtual one. */
  readonly startedAt: number;
  /** `http://127.0.0.1:10000/devstoreaccount1` */
  readonly blobUrl: string;
  emit(event: BlobEvent): void;
}

/**
 * Wraps the methods of Azurite's metadata store by which a blob comes to be, is replaced or goes, so that each raises its
 * event once it has succeeded. Put Blob (block, page and append blobs) ends in `createBlob`, Put Block List in
 * `commitBlockList`; staged blocks, appended blocks, written pages, properties and snapshots raise nothing, as in Azure.
 */
export function watchBlobs({ store, clock, startedAt, blobUrl, emit }: BlobEventSource): void {
  const run = startedAt.toString(16).padStart(16, '0');
  let count = 0;

  function nextSequencer(): string {
    count += 1;
    return (run + count.toString(16).padStart(16, '0')).toUpperCase();
  }

  function raise({ api, context, container, blob, properties }: Change): void {
    if (SILENT_CONTAINERS.includes(container)) return;
    const requestId = context.contextId ?? randomUUID();
    const clientRequestId = context.request?.getHeader('x-ms-client-request-id');
    const isDeletion = api === 'DeleteBlob';
    emit({
      id: randomUUID(),
      topic: TOPIC,
      subject: `/blobServices/default/containers/${container}/blobs/${blob}`,
      eventType: isDeletion ? 'Microsoft.Storage.BlobDeleted' : 'Microsoft.Storage.BlobCreated',
      eventTime: new Date(clock.now()).toISOString(),
      dataVersion: '',
      metadataVersion: '1',
      data: {
        api,
        ...(clientRequestId && { clientRequestId }),
        requestId,
        ...(!isDeletion && { eTag: (properties.etag ?? '').replaceAll('"', '') }),
        contentType: properties.contentType ?? 'application/octet-stream',
        ...(!isDeletion && { contentLength: properties.contentLength ?? 0 }),
        blobType: properties.blobType ?? 'BlockBlob',
        url: `${blobUrl}/${container}/${blob.split('/').map(encodeURIComponent).join('/')}`,
        sequencer: nextSequencer(),
        storageDiagnostics: { batchId: randomUUID() },
      },
    });
  }

  const original = {
    createBlob: store.createBlob.bind(store),
    commitBlockList: store.commitBlockList.bind(store),
    startCopyFromURL: store.startCopyFromURL.bind(store),
    copyFromURL: store.copyFromURL.bind(store),
    deleteBlob: store.deleteBlob.bind(store),
  };

  store.createBlob = async (context, blob, ...rest) => {
    const result = await original.createBlob(context, blob, ...rest);
    const { containerName: container, name, properties } = blob;
    raise({ api: 'PutBlob', context, container, blob: name, properties });
    return result;
  };

  store.commitBlockList = async (context, blob, ...rest) => {
    const result = await original.commitBlockList(context, blob, ...rest);
    // The length is the sum of the blocks, which only the stored blob has.
    const properties = await propertiesOf(context, blob.containerName, blob.name);
    const { containerName: container, name } = blob;
    raise({ api: 'PutBlockList', context, container, blob: name, properties: properties ?? blob.properties });
    return result;
  };

  store.startCopyFromURL = async (context, source, destination, ...rest) => {
    const properties = await original.startCopyFromURL(context, source, destination, ...rest);
    const { container, blob } = destination;
    raise({ api: 'CopyBlob', context, container, blob, properties });
    return properties;
  };

  store.copyFromURL = async (context, source, destination, ...rest) => {
    const properties = await original.copyFromURL(context, source, destination, ...rest);
    const { container, blob } = destination;
    raise({ api: 'CopyBlob', context, container, blob, properties });
    return properties;
  };

  store.deleteBlob = async (context, account, container, blob, options) => {
    const isBlobItself = !options.snapshot && options.deleteSnapshots !== 'only';
    const properties = isBlobItself ? await propertiesOf(context, container, blob) : undefined;
    const result = await original.deleteBlob(context, account, container, blob, options);
    if (properties) raise({ api: 'DeleteBlob', context, container, blob, properties });
    return result;
  };

  /** `undefined`: there is no such blob, or it holds only blocks that were not committed. */
  async function propertiesOf(context: BlobRequestContext, container: string, blob: string) {
    try {
      return (await store.getBlobProperties(context, ACCOUNT_NAME, container, blob, '')).properties;
    } catch {
      return undefined;
    }
  }
}
