/**
 * Which partition a partition key belongs to. Bob Jenkins' lookup3 (`hashlittle2`, 2006, public domain) with both seeds 0,
 * as the service and the SDKs compute it: the SDK's buffered producer chooses partitions by itself and has to agree.
 */

const SEED = 0xdeadbeef;
const encoder = new TextEncoder();

/** The partition of a key. @param partitionCount at least 1. @returns an index from 0 to partitionCount - 1 */
export function partitionForKey(partitionKey: string, partitionCount: number): number {
  // The remainder of a negative number is negative in the service's language too; its absolute value is the index.
  return Math.abs(hashPartitionKey(partitionKey) % partitionCount);
}

/** A signed 16-bit number; 0 for the empty key. */
export function hashPartitionKey(partitionKey: string): number {
  const bytes = encoder.encode(partitionKey);
  if (bytes.length === 0) return 0;
  const [b, c] = lookup3(bytes);
  return ((b ^ c) << 16) >> 16;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

/** The two result words; reading past the end gives zero bytes, which is the padding the algorithm asks for. */
function lookup3(bytes: Uint8Array): readonly [number, number] {
  let a = (SEED + bytes.length) | 0;
  let b = a;
  let c = a;
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(bytes, at)) | 0;
    b = (b + word(bytes, at + 4)) | 0;
    c = (c + word(bytes, at + 8)) | 0;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
  }
  a = (a + word(bytes, at)) | 0;
  b = (b + word(bytes, at + 4)) | 0;
  c = (c + word(bytes, at + 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return [b, c];
}
