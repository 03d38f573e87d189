import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type StoredEvent, sizeOf } from '../engine/event.ts';
import { emptySegment, type Segment } from '../engine/segment.ts';
import { decodeHeader, decodeRecords, FORMAT_VERSION, HEADER_BYTES, type SegmentHeader } from './record.ts';

const EXTENSION = '.events';

/** Zero-padded, so that names sort as numbers. */
export function segmentFileName(baseSequenceNumber: number): string {
  return `${String(baseSequenceNumber).padStart(16, '0')}${EXTENSION}`;
}

export interface RecoveredPartition {
  readonly segments: Segment[];
  readonly headers: ReadonlyMap<number, SegmentHeader>;
  /** Bytes cut off the end: a publication that was never acknowledged. */
  readonly tornBytes: number;
}

/**
 * Reads a partition's folder. Closed segments are known by their headers alone, so that a start takes no longer with a
 * full log; only the open one is read, and cut where its last whole record ends.
 *
 * @returns `undefined` when the partition has no file yet
 */
export function recoverPartition(folder: string): RecoveredPartition | undefined {
  const headers = new Map<number, SegmentHeader>();
  const sizes = new Map<number, number>();
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (name.endsWith('.compacting')) rmSync(path);
    if (!name.endsWith(EXTENSION)) continue;
    const { header, bytes } = readHeader(path);
    // Torn while it was being started: nothing can have been acknowledged in it.
    if (!header) rmSync(path);
    else {
      headers.set(header.previous.sequenceNumber + 1, header);
      sizes.set(header.previous.sequenceNumber + 1, bytes);
    }
  }
  const sorted = [...headers.values()].sort((a, b) => a.previous.sequenceNumber - b.previous.sequenceNumber);
  const newest = sorted.at(-1);
  if (!newest) return undefined;
  const segments = sorted.slice(0, -1).map((header, index) => {
    const next = sorted[index + 1]!;
    return closedSegment(header, next, sizes.get(header.previous.sequenceNumber + 1)!);
  });
  const open = openSegment(join(folder, segmentFileName(newest.previous.sequenceNumber + 1)), newest);
  return { segments: [...segments, open.segment], headers, tornBytes: open.tornBytes };
}

/** The events of one segment file, for a reader that goes back to it. */
export function readSegment(
  folder: string,
  baseSequenceNumber: number,
): { readonly events: StoredEvent[]; readonly damagedBytes: number } {
  const bytes = readFileSync(join(folder, segmentFileName(baseSequenceNumber)));
  const { events, validBytes } = decodeRecords(bytes);
  return { events, damagedBytes: bytes.length - validBytes };
}

function readHeader(path: string): { readonly header: SegmentHeader | undefined; readonly bytes: number } {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    const read = readSync(file, bytes, 0, HEADER_BYTES, 0);
    const header = decodeHeader(bytes.subarray(0, read));
    if (header === 'other-version')
      throw new Error(
        `${path} is not in format ${FORMAT_VERSION}. Start with another data folder, or with the version that wrote it.`,
      );
    return { header, bytes: fstatSync(file).size };
  } finally {
    closeSync(file);
  }
}

function closedSegment(header: SegmentHeader, next: SegmentHeader, bytes: number): Segment {
  return {
    ...emptySegment(header.previous, header.baseOffset),
    nextSequenceNumber: next.previous.sequenceNumber + 1,
    nextOffset: next.baseOffset,
    firstEnqueuedAt: undefined,
    lastEnqueuedAt: next.previous.enqueuedAt,
    bytes,
    events: undefined,
  };
}

function openSegment(path: string, header: SegmentHeader): { readonly segment: Segment; readonly tornBytes: number } {
  const bytes = readFileSync(path);
  const { events, validBytes } = decodeRecords(bytes);
  const tornBytes = bytes.length - validBytes;
  if (tornBytes > 0) truncateSync(path, validBytes);
  const segment = emptySegment(header.previous, header.baseOffset);
  const last = events.at(-1);
  if (last) {
    segment.nextSequenceNumber = last.sequenceNumber + 1;
    segment.nextOffset = last.offset + sizeOf(last);
    segment.firstEnqueuedAt = events[0]!.enqueuedAt;
    segment.lastEnqueuedAt = last.enqueuedAt;
    segment.bytes = events.reduce((sum, event) => sum + sizeOf(event), 0);
    segment.events = events;
  }
  return { segment, tornBytes };
}
