import { createHash } from 'node:crypto';

/**
 * An id that follows from its parts: the same parts, the same id, on every attempt and on every machine. In the form of a
 * UUID of version 8 (RFC 9562 §5.8: the content is the maker's own affair), from SHA-256.
 */
export function derivedId(...parts: readonly [string, ...string[]]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
