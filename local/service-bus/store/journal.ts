import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import type { Broker, StoredRecord } from '../engine/api.ts';
import type { Damage, Store } from './api.ts';
import { AppendFile } from './append-file.ts';
import { ByteWriter } from './byte-writer.ts';
import { HEADER_BYTES, readFrames, sealFrame } from './frames.ts';
import { JournalFiles } from './journal-files.ts';
import { writeRecord } from './record-codec.ts';

/** A frame is cut here, at the end of the operation that reached it. */
const FRAME_BYTES = 1024 * 1024;
/** A journal shorter than this is not worth compacting. */
const SHORTEST_TO_COMPACT_BYTES = 32 * 1024 * 1024;
/** How much of a snapshot is written between two breaths of the event loop. */
const SNAPSHOT_STEP_BYTES = 256 * 1024;

type Done = (error: Error | undefined) => void;

export interface JournalOptions {
  readonly folder: string;
  /** Default 32 MB. */
  readonly compactFromBytes?: number;
  /** A write failed, or a compaction did: nothing is acknowledged any more after the first. */
  readonly onError?: (error: Error) => void;
}

/** Lets the directory entry of a new file survive a power cut. Windows cannot and need not open a folder for it. */
function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // Not possible here; the file's own content is synced all the same.
  }
}

/**
 * An append-only journal with group commit: what happens in one round of the event loop, and while the disk is busy, goes to
 * disk in one write and one fdatasync. A frame (one checksum) never cuts an operation of the broker in two.
 *
 * Compaction writes a snapshot while the journal goes on in a new file. The snapshot need not be of one instant: every record
 * says how things are, not how they changed, so replaying the new file over a snapshot that saw some of it already ends in
 * the same state.
 */
export class Journal implements Store {
  readonly damage: Damage[] = [];
  private readonly files: JournalFiles;
  private readonly options: JournalOptions;
  private broker: Pick<Broker, 'onRecord' | 'records'> | undefined;
  private stopListening: (() => void) | undefined;
  private file: AppendFile | undefined;
  private frame = new ByteWriter(HEADER_BYTES);
  private sealed: Buffer[] = [];
  private waiting: Done[] = [];
  private inFlight: Done[] | undefined;
  private isCommitPlanned = false;
  private failure: Error | undefined;
  private compaction: Promise<void> | undefined;
  private bytesSinceSnapshot = 0;
  private snapshotBytes = 0;
  private whenIdle: (() => void)[] = [];
  private pendingSwitch: { readonly number: number; done(): void; failed(error: Error): void } | undefined;
  private isClosing = false;

  /** @throws UnknownFormatError */
  constructor(options: JournalOptions) {
    this.options = options;
    this.files = new JournalFiles(options.folder);
  }

  *read(): Generator<StoredRecord> {
    for (const path of this.files.toRead()) yield* readFrames(path, (damage) => this.damage.push(damage));
  }

  follow(broker: Pick<Broker, 'onRecord' | 'records'>): void {
    this.broker = broker;
    // Never behind what a killed process left: its last frame may be torn.
    this.file = new AppendFile(this.files.journal(this.files.nextNumber()));
    syncFolder(this.files.folder);
    this.stopListening = broker.onRecord((record) => this.append(record));
    // Damage is repaired, and many small files of earlier runs become one.
    if (this.damage.some(({ kind }) => kind === 'damaged') || this.files.toRead().length > 8) void this.compact();
  }

  whenDurable(done: Done): void {
    if (this.failure) done(this.failure);
    else if (this.hasPending) this.waiting.push(done);
    else if (this.inFlight) this.inFlight.push(done);
    else done(undefined);
  }

  compact(): Promise<void> {
    this.compaction ??= this.writeSnapshot()
      .catch((error: unknown) => this.options.onError?.(error as Error))
      .finally(() => {
        this.compaction = undefined;
      });
    return this.compaction;
  }

  async close(): Promise<void> {
    this.stopListening?.();
    // A snapshot that is not finished is not needed: the files from which it is made are still there.
    this.isClosing = true;
    await this.compaction;
    await this.idle();
    this.file?.close();
    this.file = undefined;
  }

  private get hasPending(): boolean {
    return this.sealed.length > 0 || this.frame.length > HEADER_BYTES;
  }

  private append(record: StoredRecord): void {
    writeRecord(this.frame, record);
    if (this.frame.length >= FRAME_BYTES) queueMicrotask(() => this.sealLongFrame());
    if (this.isCommitPlanned || this.inFlight) return;
    this.isCommitPlanned = true;
    setImmediate(() => {
      this.isCommitPlanned = false;
      this.commit();
    });
  }

  /** Microtasks run between operations of the broker, which are synchronous: no operation is cut in two. */
  private sealLongFrame(): void {
    if (this.frame.length >= FRAME_BYTES) this.seal();
  }

  private seal(): void {
    if (this.frame.length === HEADER_BYTES) return;
    this.sealed.push(sealFrame(this.frame));
    this.frame = new ByteWriter(HEADER_BYTES);
  }

  private commit(): void {
    if (this.inFlight || !this.hasPending || !this.file) return;
    this.seal();
    const blocks = this.sealed;
    const done = this.waiting;
    this.sealed = [];
    this.waiting = [];
    this.inFlight = done;
    for (const { length } of blocks) this.bytesSinceSnapshot += length;
    this.file.append(blocks).then(
      () => this.committed(done),
      (error: unknown) => this.fail(error as Error, done),
    );
  }

  private committed(done: readonly Done[]): void {
    this.inFlight = undefined;
    for (const each of done) each(undefined);
    this.switchFile();
    if (this.hasPending) this.commit();
    else this.settleIdle();
    const worth = Math.max(this.options.compactFromBytes ?? SHORTEST_TO_COMPACT_BYTES, 2 * this.snapshotBytes);
    if (this.bytesSinceSnapshot >= worth && !this.compaction && this.stopListening) void this.compact();
  }

  private fail(error: Error, done: readonly Done[]): void {
    this.failure = error;
    this.inFlight = undefined;
    this.options.onError?.(error);
    for (const each of [...done, ...this.waiting]) each(error);
    this.pendingSwitch?.failed(error);
    this.pendingSwitch = undefined;
    this.waiting = [];
    this.sealed = [];
    this.frame = new ByteWriter(HEADER_BYTES);
    this.settleIdle();
  }

  private settleIdle(): void {
    const waiting = this.whenIdle;
    this.whenIdle = [];
    for (const each of waiting) each();
  }

  /** Resolves when nothing is pending and nothing in flight. */
  private async idle(): Promise<void> {
    if (!this.inFlight) this.commit();
    while (this.inFlight) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  private async writeSnapshot(): Promise<void> {
    if (!this.broker || !this.file || this.isClosing) return;
    if (this.failure) throw this.failure;
    const number = this.files.nextNumber();
    await this.switchTo(number);
    const temporary = `${this.files.snapshot(number)}.tmp`;
    rmSync(temporary, { force: true });
    const snapshot = new AppendFile(temporary);
    try {
      let frame = new ByteWriter(HEADER_BYTES);
      for (const record of this.broker.records()) {
        writeRecord(frame, record);
        if (frame.length < SNAPSHOT_STEP_BYTES) continue;
        await snapshot.append([sealFrame(frame)]);
        if (this.isClosing) return;
        frame = new ByteWriter(HEADER_BYTES);
      }
      await snapshot.append([sealFrame(frame)]);
    } finally {
      snapshot.close();
      if (this.isClosing) rmSync(temporary, { force: true });
    }
    if (this.isClosing) return;
    // The snapshot may have seen half of an operation whose record is not on disk yet: it counts only once that is.
    await new Promise<void>((resolve, reject) => this.whenDurable((error) => (error ? reject(error) : resolve())));
    renameSync(temporary, this.files.snapshot(number));
    syncFolder(this.files.folder);
    this.snapshotBytes = snapshot.bytes;
    const damaged = this.damage.filter(({ kind }) => kind === 'damaged').map(({ file }) => file);
    this.files.dropBefore(number, new Set(damaged));
  }

  /** The journal goes on in a new file: everything from here on is in it. Between two commits, so that the old one is whole. */
  private switchTo(number: number): Promise<void> {
    return new Promise((done, failed) => {
      this.pendingSwitch = { number, done, failed };
      if (!this.inFlight) this.switchFile();
    });
  }

  private switchFile(): void {
    const wanted = this.pendingSwitch;
    if (!wanted) return;
    this.pendingSwitch = undefined;
    try {
      const old = this.file;
      this.file = new AppendFile(this.files.journal(wanted.number));
      old?.close();
      syncFolder(this.files.folder);
      this.bytesSinceSnapshot = 0;
      wanted.done();
    } catch (error) {
      wanted.failed(error as Error);
    }
  }
}
