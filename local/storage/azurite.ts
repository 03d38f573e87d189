import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { keepJournal, type LokiDatabase } from './journal.ts';

/**
 * Azurite 3.37.0 in this process. Its servers are not its public interface: the paths and members below belong to that one
 * version, which `package.json` pins; this file is the only one that knows them.
 */
const require = createRequire(import.meta.url);

/** The modules used here: what the package's bundle of Azurite (scripts/bundle-azurite.ts) consists of. */
export const azuriteModules = [
  'blob/BlobServer',
  'blob/BlobConfiguration',
  'queue/QueueServer',
  'queue/QueueConfiguration',
  'table/TableServer',
  'table/TableConfiguration',
  'common/persistence/MemoryExtentStore',
] as const;
type AzuriteModule = (typeof azuriteModules)[number];

/** The package (dist/storage/azurite.js) holds no sources. */
const isPackaged =
  !import.meta.url.endsWith('.ts') && !existsSync(new URL('../../storage/azurite.ts', import.meta.url));

const HOST = '127.0.0.1';
/** Seconds. Azurite's own 5 would close a client's idle connection in the moment of its next request. */
const KEEP_ALIVE_SECONDS = 75;
const EXTENT_WRITERS = 50;

export const ACCOUNT_NAME = 'devstoreaccount1';
/** The documented key of the development account, the same for everyone. */
export const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export type ServiceName = 'blob' | 'queue' | 'table';
const capitalisedNames = { blob: 'Blob', queue: 'Queue', table: 'Table' } as const;

/** What a request brings along; null where Azurite calls its own store. */
export interface BlobRequestContext {
  readonly contextId?: string;
  readonly request?: { getHeader(name: string): string | undefined };
}

/** As Azurite keeps it; the ETag with its quotes. */
export interface StoredBlobProperties {
  readonly etag?: string;
  readonly contentType?: string;
  readonly contentLength?: number;
  readonly blobType?: string;
}

export interface StoredBlob {
  readonly accountName: string;
  readonly containerName: string;
  readonly name: string;
  readonly snapshot?: string;
  readonly properties: StoredBlobProperties;
}

interface BlobAddress {
  readonly account: string;
  readonly container: string;
  readonly blob: string;
}

/** The part of Azurite's `IBlobMetadataStore` that creates and deletes blobs. */
export interface BlobMetadataStore {
  createBlob(context: BlobRequestContext, blob: StoredBlob, ...rest: unknown[]): Promise<unknown>;
  commitBlockList(context: BlobRequestContext, blob: StoredBlob, ...rest: unknown[]): Promise<unknown>;
  startCopyFromURL(
    context: BlobRequestContext,
    source: BlobAddress,
    destination: BlobAddress,
    ...rest: unknown[]
  ): Promise<StoredBlobProperties>;
  copyFromURL(
    context: BlobRequestContext,
    source: BlobAddress,
    destination: BlobAddress,
    ...rest: unknown[]
  ): Promise<StoredBlobProperties>;
  deleteBlob(
    context: BlobRequestContext,
    account: string,
    container: string,
    blob: string,
    options: { readonly snapshot?: string; readonly deleteSnapshots?: string },
  ): Promise<unknown>;
  getBlobProperties(
    context: BlobRequestContext,
    account: string,
    container: string,
    blob: string,
    snapshot?: string,
  ): Promise<{ readonly properties: StoredBlobProperties }>;
}

interface AzuriteServer {
  readonly httpServer: Server;
  readonly accountDataStore: { refresh(): void };
  readonly metadataStore: { readonly db: LokiDatabase };
  /** Where the bytes of blobs and messages are; the table server has none. */
  readonly extentMetadataStore?: { readonly db: LokiDatabase };
  start(): Promise<void>;
  close(): Promise<void>;
  /** Closes the stores; `close()` does so itself, but only of a server that runs. */
  afterClose(): Promise<void>;
}

type Constructor<T> = new (...args: unknown[]) => T;
interface ModuleWithDefault<T> {
  readonly default: T;
}

export interface StorageService {
  readonly port: number;
  readonly metadataStore: unknown;
  close(): Promise<void>;
}

/**
 * Starts one of the three services on the loopback address.
 * @param port 0 for a free one
 * @param dataFolder an existing folder, or null for memory
 * @throws the system's error (`code` EADDRINUSE, EACCES) when the port cannot be had; nothing is left open then
 */
export async function startService(
  name: ServiceName,
  port: number,
  dataFolder: string | null,
): Promise<StorageService> {
  const server = createServer(name, port, dataFolder);
  // The account would otherwise follow AZURITE_ACCOUNTS of the environment, and with it everybody's connection string.
  server.accountDataStore.refresh = () => undefined;
  try {
    await server.start();
  } catch (error) {
    await server.afterClose().catch(() => undefined);
    throw error;
  }
  // With Nagle's algorithm a small answer waits for the delayed acknowledgement of the one before.
  server.httpServer.on('connection', (socket) => socket.setNoDelay(true));
  return {
    port: (server.httpServer.address() as AddressInfo).port,
    metadataStore: server.metadataStore,
    close: async () => {
      const closed = new Promise((resolve) => server.httpServer.once('close', resolve));
      const stopped = server.close();
      server.httpServer.closeAllConnections();
      await Promise.all([stopped, closed]);
    },
  };
}

function createServer(name: ServiceName, port: number, dataFolder: string | null): AzuriteServer {
  const inMemory = dataFolder === null;
  const file = (suffix: string) => join(dataFolder ?? '', `__azurite_db_${name}${suffix}__.json`);
  const extents = [
    {
      locationId: 'Default',
      locationPath: join(dataFolder ?? '', `__${name}storage__`),
      maxConcurrency: EXTENT_WRITERS,
    },
  ];
  const skipApiVersionCheck = true;
  const loose = false;
  const listen = [HOST, port, KEEP_ALIVE_SECONDS];
  const security = ['', '', '', undefined, false]; // certificate, key, password, OAuth, product-style URLs stay possible
  const Service = load<ModuleWithDefault<Constructor<AzuriteServer>>>(
    `${name}/${capitalisedNames[name]}Server` as AzuriteModule,
  ).default;
  const Configuration = load<ModuleWithDefault<Constructor<unknown>>>(
    `${name}/${capitalisedNames[name]}Configuration` as AzuriteModule,
  ).default;
  if (name === 'table') {
    const logs = [false, false, undefined, undefined]; // debug log, access log, its stream, debug log's file
    const configuration = [...listen, file(''), ...logs, loose, skipApiVersionCheck, ...security, inMemory];
    return withJournal(new Service(new Configuration(...configuration)));
  }
  const logs = [false, undefined, false, undefined]; // access log, its stream, debug log, its file
  const { MemoryExtentChunkStore } = load<{ MemoryExtentChunkStore: Constructor<unknown> }>(
    'common/persistence/MemoryExtentStore',
  );
  return withJournal(
    new Service(
      new Configuration(
        ...listen,
        file(''),
        file('_extent'),
        extents,
        ...logs,
        loose,
        skipApiVersionCheck,
        ...security,
        inMemory,
        inMemory ? new MemoryExtentChunkStore() : undefined, // of its own: Azurite's default is one for the whole process
      ),
    ),
  );

  function withJournal(server: AzuriteServer): AzuriteServer {
    if (inMemory) return server;
    keepJournal(server.metadataStore.db, file(''));
    if (server.extentMetadataStore) keepJournal(server.extentMetadataStore.db, file('_extent'));
    return server;
  }
}

/** Loads a module of Azurite: in the package from its bundle, in the repository from node_modules. */
function load<T>(path: AzuriteModule): T {
  // A dependency of Azurite's uses node:punycode, of which Node would tell our user, who can do nothing about it.
  const before = process.noDeprecation;
  process.noDeprecation = true;
  try {
    if (isPackaged) return (require('./azurite.cjs') as Record<AzuriteModule, T>)[path];
    replaceTelemetry();
    return require(`azurite/dist/src/${path}`) as T;
  } finally {
    process.noDeprecation = before;
  }
}

/** It sends usage to Azurite's makers, and is 85 % of the loading time. */
function replaceTelemetry(): void {
  const file = require.resolve('azurite/dist/src/common/Telemetry');
  if (require.cache[file]) return;
  const Module = require('node:module') as typeof import('node:module').Module;
  const replacement = new Module(file);
  replacement.filename = file;
  replacement.loaded = true;
  replacement.exports = { AzuriteTelemetryClient: { TraceRequest: () => undefined } };
  require.cache[file] = replacement;
}
