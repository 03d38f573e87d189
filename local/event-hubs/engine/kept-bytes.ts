const SLAB_BYTES = 64 * 1024;

/**
 * Memory for the bytes of one publication that are kept. What comes in may be a slice of a much larger buffer (Node takes small ones
 * from a pool), which a single event would keep alive for as long as it is retained. Large publications are kept in slabs, so that
 * what compaction leaves of one does not hold on to the rest.
 */
export class KeptBytes {
  private left: number;
  private slab = new Uint8Array(0);
  private used = 0;

  /** @param bytes that will be kept in all */
  constructor(bytes: number) {
    this.left = bytes;
  }

  /** A copy. */
  keep(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (this.used + length > this.slab.length) {
      this.slab = new Uint8Array(Math.max(length, Math.min(this.left, SLAB_BYTES)));
      this.used = 0;
    }
    const copy = this.slab.subarray(this.used, this.used + length);
    copy.set(bytes);
    this.used += length;
    this.left -= length;
    return copy;
  }
}
