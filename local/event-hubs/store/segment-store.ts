import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecoveredHub } from '../engine/engine.ts';
import type { EngineEvent } from '../engine/engine-event.ts';
import type { StoredEvent } from '../engine/event.ts';
import { PartitionWriter } from './partition-writer.ts';
import { FORMAT_VERSION } from './record.ts';
import { readSegment, recoverPartition, segmentFileName } from './segment-file.ts';

export interface SegmentStoreOptions {
  /** Made when it is not there. One process at a time: whoever starts the local cloud sees to that. */
  readonly folder: string;
  readonly warn: (text: string) => void;
  readonly onDurable: (hub: string, partition: number, lastSequenceNumber: number) => void;
  readonly onFailed: (hub: string, partition: number, reason: string) => void;
}

/** Event logs in files: `<folder>/<hub>/<partition>/<first sequence number>.events`, and `<folder>/<hub>/hub.json`. */
export interface SegmentStore {
  /** Reads what there is of a hub and makes its folders; to be called before anything of it is recorded. */
  openHub(name: string, partitionCount: number, now: number): RecoveredHub;
  /** The engine's journal. What it is told becomes durable in order; {@link SegmentStoreOptions.onDurable} says when. */
  record(event: EngineEvent): void;
  loadSegment(hub: string, partition: number, baseSequenceNumber: number): StoredEvent[];
  /** Small facts beside the log, such as how far capture has come. */
  readNote(hub: string, name: string): unknown;
  writeNote(hub: string, name: string, value: unknown): Promise<void>;
  /** Resolves when everything recorded is on disk. */
  close(): Promise<void>;
}

/** @throws Error when a file is not what it should be, with its path */
export function openSegmentStore(options: SegmentStoreOptions): SegmentStore {
  const writers = new Map<string, PartitionWriter[]>();
  let notes: Promise<void> = Promise.resolve();
  const hubFolder = (hub: string) => join(options.folder, encodeURIComponent(hub.toLowerCase()));
  const partitionFolder = (hub: string, partition: number) => join(hubFolder(hub), String(partition));

  const openPartition = (hub: string, partition: number) => {
    const folder = partitionFolder(hub, partition);
    mkdirSync(folder, { recursive: true });
    const found = recoverPartition(folder);
    if (found && found.tornBytes > 0)
      options.warn(
        `Hub ${hub}, partition ${partition}: the last ${found.tornBytes} bytes were not written to their end when the process stopped; they had not been acknowledged and are dropped.`,
      );
    const writer = new PartitionWriter({
      folder,
      openSegment: found?.segments.at(-1)?.baseSequenceNumber,
      headers: found?.headers ?? new Map(),
      onDurable: (last) => options.onDurable(hub, partition, last),
      onFailed: (error) => options.onFailed(hub, partition, String(error)),
    });
    return { writer, segments: found?.segments };
  };

  return {
    openHub(name, partitionCount, now) {
      mkdirSync(hubFolder(name), { recursive: true });
      const createdAt = readOrWriteHubFile(join(hubFolder(name), 'hub.json'), name, now);
      const partitions = Array.from({ length: partitionCount }, (_, index) => openPartition(name, index));
      writers.set(
        name,
        partitions.map(({ writer }) => writer),
      );
      return { createdAt, partitions: partitions.map(({ segments }) => segments) };
    },
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
        return readJson(join(hubFolder(hub), `${name}.json`));
      } catch (error) {
        if (isMissingFile(error)) return undefined;
        throw error;
      }
    },
    async writeNote(hub, name, value) {
      const path = join(hubFolder(hub), `${name}.json`);
      const text = JSON.stringify(value);
      // One after the other: they share the file that is renamed.
      const write = async () => {
        await writeFile(`${path}.new`, text);
        await rename(`${path}.new`, path);
      };
      notes = notes.then(write, write);
      await notes;
    },
    async close() {
      await Promise.all([...writers.values()].flat().map((writer) => writer.close()));
    },
  };
}

function readOrWriteHubFile(path: string, name: string, now: number): number {
  try {
    const file = readJson(path) as { formatVersion: number; createdAt: string };
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

function readJson(path: string): unknown {
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is damaged: ${(cause as Error).message}`, { cause });
  }
}

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
