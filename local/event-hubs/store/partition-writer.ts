import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineEvent } from '../engine/engine-event.ts';
import type { StoredEvent } from '../engine/event.ts';
import { encodeHeader, encodeRecord, type SegmentHeader } from './record.ts';
import { segmentFileName } from './segment-file.ts';

type Step =
  | { readonly kind: 'start'; readonly header: SegmentHeader }
  | { readonly kind: 'append'; readonly record: Buffer; readonly lastSequenceNumber: number }
  | { readonly kind: 'delete'; readonly baseSequenceNumber: number }
  | { readonly kind: 'rewrite'; readonly baseSequenceNumber: number; readonly events: readonly StoredEvent[] };

/**
 * On Linux a write of such a file returns when it is durable: one round through the thread pool and not two. macOS has the flag, but
 * only fdatasync goes through the drive's cache there; Windows has none.
 */
const WRITES_ARE_DURABLE = process.platform === 'linux';
const APPEND =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (WRITES_ARE_DURABLE ? constants.O_DSYNC : 0);

/**
 * Writes one partition's segment files in the order of what happened. Group commit: what arrives while a write is under way
 * goes out with the next one, so that the disk is waited for once per group and not once per publication.
 */
export class PartitionWriter {
  private readonly folder: string;
  private readonly onDurable: (lastSequenceNumber: number) => void;
  private readonly onFailed: (error: unknown) => void;
  private steps: Step[] = [];
  private file: FileHandle | undefined;
  private openSegment: number | undefined;
  private running: Promise<void> | undefined;
  private hasFailed = false;
  /** Segments that were started and not yet flushed need their header on disk before anything else. */
  private readonly headers = new Map<number, SegmentHeader>();

  constructor(options: {
    readonly folder: string;
    /** The open segment's first number, when there is one from before. */
    readonly openSegment: number | undefined;
    readonly headers: ReadonlyMap<number, SegmentHeader>;
    readonly onDurable: (lastSequenceNumber: number) => void;
    readonly onFailed: (error: unknown) => void;
  }) {
    this.folder = options.folder;
    this.openSegment = options.openSegment;
    this.onDurable = options.onDurable;
    this.onFailed = options.onFailed;
    for (const [base, header] of options.headers) this.headers.set(base, header);
  }

  record(event: EngineEvent): void {
    if (this.hasFailed) return;
    switch (event.type) {
      case 'segment-started':
        this.headers.set(event.previous.sequenceNumber + 1, event);
        this.steps.push({ kind: 'start', header: { previous: event.previous, baseOffset: event.baseOffset } });
        break;
      case 'appended': {
        const lastSequenceNumber = event.events.at(-1)!.sequenceNumber;
        this.steps.push({ kind: 'append', record: encodeRecord(event.events), lastSequenceNumber });
        break;
      }
      case 'segment-deleted':
        this.steps.push({ kind: 'delete', baseSequenceNumber: event.baseSequenceNumber });
        break;
      case 'segment-compacted':
        this.steps.push({ kind: 'rewrite', baseSequenceNumber: event.baseSequenceNumber, events: event.events });
        break;
      default:
        return;
    }
    this.running ??= this.run();
  }

  /** Writes what is left and lets go of the file. */
  async close(): Promise<void> {
    while (this.running) await this.running;
    await this.file?.close();
    this.file = undefined;
  }

  private async run(): Promise<void> {
    try {
      // Everything published in this turn of the event loop belongs to the first group.
      await Promise.resolve();
      while (this.steps.length > 0) {
        const steps = this.steps;
        this.steps = [];
        await this.perform(steps);
      }
    } catch (error) {
      this.hasFailed = true;
      this.steps = [];
      this.onFailed(error);
    } finally {
      this.running = undefined;
    }
  }

  private async perform(steps: readonly Step[]): Promise<void> {
    let group: Buffer[] = [];
    let lastSequenceNumber: number | undefined;
    const flush = async () => {
      if (lastSequenceNumber === undefined) return;
      this.file ??= await open(join(this.folder, segmentFileName(this.openSegment!)), APPEND);
      await writeAll(this.file, group);
      if (!WRITES_ARE_DURABLE) await this.file.datasync();
      this.onDurable(lastSequenceNumber);
      group = [];
      lastSequenceNumber = undefined;
    };
    for (const step of steps) {
      if (step.kind === 'append') {
        group.push(step.record);
        lastSequenceNumber = step.lastSequenceNumber;
        continue;
      }
      await flush();
      if (step.kind === 'start') await this.start(step.header);
      else if (step.kind === 'delete') await this.delete(step.baseSequenceNumber);
      else await this.rewrite(step.baseSequenceNumber, step.events);
    }
    await flush();
  }

  private async start(header: SegmentHeader): Promise<void> {
    await this.file?.close();
    this.file = undefined;
    this.openSegment = header.previous.sequenceNumber + 1;
    const file = await open(join(this.folder, segmentFileName(this.openSegment)), APPEND | constants.O_TRUNC);
    this.file = file;
    await writeAll(file, [encodeHeader(header)]);
    await file.sync();
    await syncFolder(this.folder);
  }

  private async delete(baseSequenceNumber: number): Promise<void> {
    this.headers.delete(baseSequenceNumber);
    await rm(join(this.folder, segmentFileName(baseSequenceNumber)), { force: true });
  }

  private async rewrite(baseSequenceNumber: number, events: readonly StoredEvent[]): Promise<void> {
    const path = join(this.folder, segmentFileName(baseSequenceNumber));
    const records = publicationsOf(events).map(encodeRecord);
    const file = await open(`${path}.compacting`, 'w');
    try {
      await writeAll(file, [encodeHeader(this.headers.get(baseSequenceNumber)!), ...records]);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.compacting`, path);
    await syncFolder(this.folder);
  }
}

/** A record has one enqueued time: neighbours that share it share a record. */
function publicationsOf(events: readonly StoredEvent[]): StoredEvent[][] {
  const groups: StoredEvent[][] = [];
  for (const event of events) {
    const group = groups.at(-1);
    if (group && group[0]!.enqueuedAt === event.enqueuedAt && group.length < 1000) group.push(event);
    else groups.push([event]);
  }
  return groups;
}

async function writeAll(file: FileHandle, buffers: readonly Buffer[]): Promise<void> {
  const bytes = buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers);
  for (let written = 0; written < bytes.length; ) {
    const result = await file.write(bytes, written, bytes.length - written);
    written += result.bytesWritten;
  }
}

/** Makes a new or renamed file's name durable. Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
