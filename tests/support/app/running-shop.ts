import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { onTestFailed } from 'vitest';
import { type LocalCloud, parseTopology, startLocalCloud, type Topology } from '../../../local/index.ts';
import type { Row } from '../../../shared/storage/rows.ts';
import { root } from '../../architecture/source-files.ts';

/** The built app on a local cloud of its own, on free ports and in memory; outcomes are read with the official SDKs. */
export interface RunningShop {
  readonly cloud: LocalCloud;
  /** The log of the cloud and the app, a line an entry. */
  readonly log: readonly string[];
  /** Every row of a table. */
  rows(table: string): Promise<Row[]>;
  container(name: string): ContainerClient;
  queue(name: string): QueueClient;
  /**
   * Waits until the check gives something: it is looked at again whenever a function has ended or a mail has come.
   * A story that never ends is ended by the test's time limit.
   */
  until<T>(check: () => Promise<T | undefined | false> | T | undefined | false): Promise<T>;
  close(): Promise<void>;
}

/** The entities of the app, as the local cloud reads them. */
export function shopTopology(): Topology {
  return parseTopology(readFileSync(join(root, 'infra', 'topology.json'), 'utf8'));
}

export interface ShopOptions {
  /** Where the app is that runs; default: this repository, as it was built. */
  readonly appFolder?: string;
  /** App settings over those of the sample. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly topology?: Topology;
}

export async function startShop(options: ShopOptions = {}): Promise<RunningShop> {
  const sample = JSON.parse(readFileSync(join(root, 'local.settings.sample.json'), 'utf8')) as {
    Values: Record<string, string>;
  };
  const log: string[] = [];
  const waiting = new Set<() => void>();
  const somethingHappened = () => {
    for (const look of [...waiting]) look();
  };
  const cloud = await startLocalCloud({
    appFolder: options.appFolder ?? root,
    topology: options.topology ?? shopTopology(),
    settings: { ...sample.Values, ...options.settings },
    log(level, source, text) {
      if (level === 'debug') return;
      log.push(`${level} ${source}: ${text}`);
      if (text.includes('Executed ')) somethingHappened();
    },
  });
  cloud.mail.onMail(somethingHappened);
  const { connectionString } = cloud.storage;
  const clientOptions = { allowInsecureConnection: true };
  return {
    cloud,
    log,
    async rows(table) {
      const rows: Row[] = [];
      for await (const row of TableClient.fromConnectionString(connectionString, table, clientOptions).listEntities()) {
        rows.push(row as unknown as Row);
      }
      return rows;
    },
    container: (name) => BlobServiceClient.fromConnectionString(connectionString).getContainerClient(name),
    queue: (name) => new QueueClient(connectionString, name),
    async until(check) {
      onTestFailed(() => console.log(log.slice(-40).join('\n')));
      for (;;) {
        const happened = Promise.withResolvers<void>();
        waiting.add(happened.resolve);
        try {
          const found = await check();
          if (found !== undefined && found !== false) return found;
          await happened.promise;
        } finally {
          waiting.delete(happened.resolve);
        }
      }
    },
    close: () => cloud.close(),
  };
}
