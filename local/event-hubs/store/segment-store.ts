import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecoveredHub } from '../engine/engine.ts';
import type { EngineEvent } from '../engine/engine-event.ts';
import type { StoredEvent } from '../engine/event.ts';
import type { Segment } from '../engine/segment.ts';
import { PartitionWriter } from './partition-writer.ts';
import { FORMAT_VERSION } from './record.ts';
import { readSegment, recoverPartition, segmentFileName } from './segment-file.ts';

export interface SegmentStoreOptions {
  /** Made when it is not there. One process at a time: whoever starts the local cloud sees to that. */
  readonly folder: string;
  readonly hubs: readonly { readonly name: string; readonly partitionCount: number }[];
  /** When a hub that is new was created. */
  readonly now: number;
  readonly warn: (text: string) => void;
  readonly onDurable: (hub: string, partition: number, lastSequenceNumber: number) => void;
  readonly onFailed: (hub: string, partition: number, reason: string) => void;
}

/** Event logs in files: `<folder>/<hub>/<partition>/<first sequence number>.events`, and `<folder>/<hub>/hub.json`. */
export interface SegmentStore {
  readonly recovered: ReadonlyMap<string, RecoveredHub>;
  /** The engine's journal. What it is told becomes durable in order; {@link SegmentStoreOptions.onDurable} says when. */
  record(event: EngineEvent): void;
  loadSegment(hub: string, partition: number, baseSequenceNumber: number): StoredEvent[];
  /** Small facts beside the log, such as how far capture has come. */
  readNote(hub: string, name: string): unknown;
  writeNote(hub: string, name: string, value: unknown): Promise<void>;
  /** Resolves when everything recorded is on disk. */
  close(): Promise<void>;
}

export async function openSegmentStore(options: SegmentStoreOptions): Promise<SegmentStore> {
  const writers = new Map<string, PartitionWriter[]>();
  const recovered = new Map<string, RecoveredHub>();
  const hubFolder = (hub: string) => join(options.folder, encodeURIComponent(hub.toLowerCase()));
  const partitionFolder = (hub: string, partition: number) => join(hubFolder(hub), String(partition));

  for (const { name, partitionCount } of options.hubs) {
    mkdirSync(hubFolder(name), { recursive: true });
    const createdAt = readOrWriteHubFile(join(hubFolder(name), 'hub.json'), name, options.now);
    const partitions: (Segment[] | undefined)[] = [];
    const ofHub: PartitionWriter[] = [];
    for (let partition = 0; partition < partitionCount; partition += 1) {
      const folder = partitionFolder(name, partition);
      mkdirSync(folder, { recursive: true });
      const found = recoverPartition(folder);
      if (found && found.tornBytes > 0)
        options.warn(
          `Hub ${name}, partition ${partition}: the last ${found.tornBytes} bytes were not written to their end when the process stopped; they had not been acknowledged and are dropped.`,
        );
      const base = found?.segments.at(-1)?.baseSequenceNumber;
      ofHub.push(
        new PartitionWriter({
          folder,
          file: base === undefined ? undefined : await open(join(folder, segmentFileName(base)), 'a'),
          headers: found?.headers ?? new Map(),
          onDurable: (last) => options.onDurable(name, partition, last),
          onFailed: (error) => options.onFailed(name, partition, String(error)),
        }),
      );
      partitions.push(found?.segments);
    }
    writers.set(name, ofHub);
    recovered.set(name, { createdAt, partitions });
  }

  return {
    recovered,
    record: (event) => writers.get(event.hub)?.[event.partition]?.record(event),
    loadSegment(hub, partition, baseSequenceNumber) {
      const { events, damagedBytes } = readSegment(partitionFolder(hub, partition), baseSequenceNumber);
      if (damagedBytes > 0)
        options.warn(
          `Hub ${hub}, partition ${partition}: the file ${segmentFileName(baseSequenceNumber)} is damaged; its last ${damagedBytes} bytes cannot be read.`,
        );
      return events;
    },
    readNote(hub, name) {
      try {
        return JSON.parse(readFileSync(join(hubFolder(hub), `${name}.json`), 'utf8')) as unknown;
      } catch (error) {
        if (isMissingFile(error)) return undefined;
        throw error;
      }
    },
    async writeNote(hub, name, value) {
      const path = join(hubFolder(hub), `${name}.json`);
      await writeFile(`${path}.new`, JSON.stringify(value));
      await rename(`${path}.new`, path);
    },
    async close() {
      await Promise.all([...writers.values()].flat().map((writer) => writer.close()));
    },
  };
}

function readOrWriteHubFile(path: string, name: string, now: number): number {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as { formatVersion: number; createdAt: string };
    if (file.formatVersion !== FORMAT_VERSION)
      throw new Error(
        `${path} is in format ${file.formatVersion}, this version reads ${FORMAT_VERSION}. Start with another data folder.`,
      );
    return Date.parse(file.createdAt);
  } catch (error) {
    if (!isMissingFile(error)) throw error;
  }
  const file = { formatVersion: FORMAT_VERSION, name, createdAt: new Date(now).toISOString() };
  writeFileSync(`${path}.new`, `${JSON.stringify(file, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
  return now;
}

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
