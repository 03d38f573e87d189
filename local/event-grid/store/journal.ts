import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { RouterRecord } from '../engine/api.ts';

/** The first line of the file. A folder written by a later version is refused, not misread. */
const HEADER = { format: 'crossover-event-grid', version: 1 };
/** The journal is written anew when it has grown to this, and to four times what the last one held. */
const COMPACT_FROM_BYTES = 8 * 1_048_576;

export interface EventJournal {
  /** What was pending when it was last written. */
  readonly records: readonly RouterRecord[];
  /** What was wrong with the file, with the place; empty when nothing was. */
  readonly damage: readonly string[];
  append(record: RouterRecord): void;
  /** Resolves when everything appended so far is on the disk; rejects when it could not be written. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

export interface EventJournalOptions {
  readonly folder: string;
  /** What is pending now: written in place of everything before it. */
  readonly pendingRecords: () => Iterable<RouterRecord>;
  readonly onError: (error: Error) => void;
  /** Default 8 MiB. */
  readonly compactFromBytes?: number;
}

/**
 * Opens `journal.jsonl` in the folder: one JSON object a line, appended with group commit. A last line that a killed process
 * left unfinished is dropped; a damaged line elsewhere is skipped and reported with its offset.
 *
 * @throws Error when the file is of another format or version
 */
export async function openEventJournal(options: EventJournalOptions): Promise<EventJournal> {
  const { folder } = options;
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'journal.jsonl');
  const { records, damage } = parse(await readIfThere(path), path);
  return new Journal(path, options, records, damage);
}

class Journal implements EventJournal {
  readonly records: readonly RouterRecord[];
  readonly damage: readonly string[];
  private readonly path: string;
  private readonly options: EventJournalOptions;
  private file: FileHandle | undefined;
  private sizeBytes = 0;
  private compactAtBytes: number;
  private buffer: string[] = [];
  private waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  private writing: Promise<void> | undefined;
  private isClosed = false;
  /** Nothing is written yet, or a write failed half-way: what stands in the file is not to be built on. */
  private mustRewrite = true;

  constructor(path: string, options: EventJournalOptions, records: readonly RouterRecord[], damage: readonly string[]) {
    this.path = path;
    this.options = options;
    this.records = records;
    this.damage = damage;
    this.compactAtBytes = options.compactFromBytes ?? COMPACT_FROM_BYTES;
  }

  append(record: RouterRecord): void {
    if (this.isClosed) return;
    this.buffer.push(`${JSON.stringify(record)}\n`);
    this.writing ??= this.write();
  }

  flushed(): Promise<void> {
    if (this.writing === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.writing;
    await this.file?.close();
    this.file = undefined;
  }

  /** One write and one sync for everything that came in while the last one ran. Never rejects. */
  private async write(): Promise<void> {
    // Records of the same turn share the first write.
    await Promise.resolve();
    while (this.buffer.length > 0 || this.waiting.length > 0) {
      const waiting = this.waiting;
      this.waiting = [];
      try {
        if (!this.file || this.mustRewrite || this.sizeBytes >= this.compactAtBytes) await this.rewrite();
        else await this.writeLines(this.file, this.buffer.splice(0));
        for (const { resolve } of waiting) resolve();
      } catch (thrown) {
        this.mustRewrite = true;
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        this.options.onError(error);
        for (const { reject } of waiting) reject(error);
      }
    }
    this.writing = undefined;
  }

  /** Writes what is pending to a new file and puts that in the old one's place: whole, or not at all. */
  private async rewrite(): Promise<void> {
    // What is buffered is part of what is pending.
    this.buffer = [];
    const lines = [`${JSON.stringify(HEADER)}\n`];
    for (const record of this.options.pendingRecords()) lines.push(`${JSON.stringify(record)}\n`);
    const file = await open(`${this.path}.new`, 'w');
    this.sizeBytes = 0;
    await this.writeLines(file, lines);
    await file.close();
    await this.file?.close();
    this.file = undefined;
    await rename(`${this.path}.new`, this.path);
    this.file = await open(this.path, 'a');
    this.mustRewrite = false;
    this.compactAtBytes = Math.max(this.options.compactFromBytes ?? COMPACT_FROM_BYTES, 4 * this.sizeBytes);
  }

  private async writeLines(file: FileHandle, lines: readonly string[]): Promise<void> {
    const bytes = Buffer.from(lines.join(''), 'utf8');
    await file.appendFile(bytes);
    await file.datasync();
    this.sizeBytes += bytes.length;
  }
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function parse(bytes: Buffer, path: string): { records: RouterRecord[]; damage: string[] } {
  const records: RouterRecord[] = [];
  const damage: string[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const end = bytes.indexOf(10, offset);
    const line = bytes.toString('utf8', offset, end < 0 ? bytes.length : end);
    const value = parseLine(line);
    if (offset === 0) checkHeader(value, path);
    else if (value !== undefined) records.push(value as RouterRecord);
    else if (end >= 0) damage.push(`${path}: the record at offset ${offset} is damaged and was skipped`);
    else damage.push(`${path}: the last record, at offset ${offset}, was not finished and was dropped`);
    if (end < 0) break;
    offset = end + 1;
  }
  return { records, damage };
}

function checkHeader(value: unknown, path: string): void {
  const header = value as Partial<typeof HEADER> | undefined;
  if (header?.format !== HEADER.format)
    throw new Error(`${path} is not a journal of Event Grid; move it away to start anew.`);
  if (header.version !== HEADER.version)
    throw new Error(`${path} has version ${header.version}; this program reads version ${HEADER.version}.`);
}

function parseLine(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
