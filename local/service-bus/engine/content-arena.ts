import type { MessageReader } from './values.ts';

const SLAB_BYTES = 64 * 1024;
/** A content over this size gets a slab of its own. */
const LARGEST_SHARED_BYTES = 16 * 1024;

/** A block of memory that holds the contents of several messages; it goes when the last of them does. */
export interface Slab {
  readonly bytes: Uint8Array;
  readonly arena: ContentArena;
}

export interface ContentLocation {
  readonly slab: Slab;
  readonly offset: number;
  readonly length: number;
}

/** A view of the content, not a copy. */
export const contentAt = ({ slab, offset, length }: ContentLocation): Uint8Array =>
  slab.bytes.subarray(offset, offset + length);

/**
 * Where message contents live. Each Uint8Array costs over 200 bytes beside its content, and a slice of what a socket read
 * would hold the whole read; so contents are copied one behind the other into slabs. Slab memory is never written twice: a
 * view that was handed out stays valid, and the garbage collector frees a slab once no message and no view points into it.
 */
export class ContentArena {
  readonly reader: MessageReader;
  private slab: Slab | undefined;
  private used = 0;

  constructor(reader: MessageReader) {
    this.reader = reader;
  }

  store(content: Uint8Array): ContentLocation {
    const length = content.length;
    if (length > LARGEST_SHARED_BYTES)
      return { slab: { bytes: new Uint8Array(content), arena: this }, offset: 0, length };
    if (!this.slab || this.used + length > SLAB_BYTES) {
      this.slab = { bytes: new Uint8Array(SLAB_BYTES), arena: this };
      this.used = 0;
    }
    const offset = this.used;
    this.slab.bytes.set(content, offset);
    this.used += length;
    return { slab: this.slab, offset, length };
  }
}
