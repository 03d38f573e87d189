import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import type { StoredRecord } from '../engine/api.ts';
import type { Damage } from './api.ts';
import { ByteReader, type ByteWriter } from './byte-writer.ts';
import { readRecord } from './record-codec.ts';

// frame = magic:4 length:u32le checksum:u32le payload ; payload = { record }
// A frame holds whole operations of the broker: it counts in full or not at all. The checksum covers length and payload.

const MAGIC = Buffer.from('SBj1', 'latin1');
export const HEADER_BYTES = 12;
/** Longer ones are not written, so a longer length is damage. */
const LONGEST_PAYLOAD_BYTES = 1024 * 1024 * 1024;
const WINDOW_BYTES = 1024 * 1024;

/** Completes a frame whose payload was written behind {@link HEADER_BYTES} free bytes. */
export function sealFrame(writer: ByteWriter): Buffer {
  const frame = writer.bytes;
  MAGIC.copy(frame, 0);
  frame.writeUInt32LE(frame.length - HEADER_BYTES, 4);
  frame.writeUInt32LE(checksum(frame), 8);
  return frame;
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(HEADER_BYTES), crc32(frame.subarray(4, 8)));
}

/** Reads a file by offset through a window, so that small frames do not cost a system call each. */
class FileWindow {
  readonly size: number;
  private readonly file: number;
  private window = Buffer.alloc(0);
  private start = 0;

  constructor(path: string) {
    this.file = openSync(path, 'r');
    this.size = fstatSync(this.file).size;
  }

  /** Up to `length` bytes: fewer at the end of the file. Valid until the next call. */
  at(offset: number, length: number): Buffer {
    const wanted = Math.min(length, this.size - offset);
    if (offset < this.start || offset + wanted > this.start + this.window.length) {
      this.window = Buffer.allocUnsafe(Math.min(Math.max(wanted, WINDOW_BYTES), this.size - offset));
      this.start = offset;
      let read = 0;
      while (read < this.window.length) {
        const got = readSync(this.file, this.window, read, this.window.length - read, offset + read);
        if (got === 0) break;
        read += got;
      }
      this.window = this.window.subarray(0, read);
    }
    return this.window.subarray(offset - this.start, offset - this.start + wanted);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** The frame at the offset, or undefined when there is none that is whole. */
function frameAt(file: FileWindow, offset: number): Buffer | undefined {
  const header = file.at(offset, HEADER_BYTES);
  if (header.length < HEADER_BYTES || !header.subarray(0, 4).equals(MAGIC)) return undefined;
  const length = header.readUInt32LE(4);
  if (length > LONGEST_PAYLOAD_BYTES || offset + HEADER_BYTES + length > file.size) return undefined;
  const frame = file.at(offset, HEADER_BYTES + length);
  return frame.readUInt32LE(8) === checksum(frame) ? frame : undefined;
}

/** The offset of the next whole frame at or behind `from`. */
function nextFrame(file: FileWindow, from: number): number | undefined {
  for (let offset = from; offset < file.size; ) {
    const found = file.at(offset, WINDOW_BYTES).indexOf(MAGIC);
    if (found < 0) offset += WINDOW_BYTES - MAGIC.length + 1;
    else if (frameAt(file, offset + found)) return offset + found;
    else offset += found + 1;
  }
  return undefined;
}

/**
 * The records of a file in order. What cannot be read is passed over up to the next whole frame and reported once the
 * file is read.
 */
export function* readFrames(path: string, report: (damage: Damage) => void): Generator<StoredRecord> {
  const file = new FileWindow(path);
  const found: { offset: number; kind: 'torn' | 'damaged'; skippedBytes: number; recordsBefore: number }[] = [];
  let records = 0;
  try {
    for (let offset = 0; offset < file.size; ) {
      const frame = frameAt(file, offset);
      if (!frame) {
        const next = nextFrame(file, offset + 1);
        found.push({
          offset,
          kind: next === undefined ? 'torn' : 'damaged',
          skippedBytes: (next ?? file.size) - offset,
          recordsBefore: records,
        });
        offset = next ?? file.size;
        continue;
      }
      const length = frame.length;
      const reader = new ByteReader(frame.subarray(HEADER_BYTES));
      while (!reader.isAtEnd) {
        const record = readRecord(reader);
        records += 1;
        yield record;
      }
      offset += length;
    }
  } finally {
    file.close();
    for (const each of found) report({ file: basename(path), ...each, recordsAfter: records - each.recordsBefore });
  }
}
