import { DecodeError } from '../codec/index.ts';

/** Cuts a stream of bytes into what is asked for: protocol headers of 8 bytes, and frames by their size. */
export class FrameSplitter {
  private readonly maxFrameBytes: number;
  private chunks: Buffer[] = [];
  /** What was taken from the first chunk already. */
  private taken = 0;
  /** What is left in the chunks. */
  private bytes = 0;
  private needed = 0;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
  }

  /** The next 8 bytes, or `undefined` while they are not there. */
  takeHeader(): Buffer | undefined {
    return this.take(8);
  }

  /**
   * The next whole frame, or `undefined` while it is not there.
   * @throws DecodeError when its size cannot be right
   */
  takeFrame(): Buffer | undefined {
    if (this.bytes < Math.max(8, this.needed)) return undefined;
    const size = this.joined().readUInt32BE(this.taken);
    if (size < 8 || size > this.maxFrameBytes) throw new DecodeError(`A frame of ${size} bytes is not allowed.`);
    if (this.bytes < size) {
      this.needed = size;
      return undefined;
    }
    this.needed = 0;
    return this.take(size);
  }

  private take(length: number): Buffer | undefined {
    if (this.bytes < length) return undefined;
    const buffer = this.joined();
    const start = this.taken;
    this.bytes -= length;
    this.taken += length;
    if (this.bytes === 0) {
      this.chunks = [];
      this.taken = 0;
    }
    return buffer.subarray(start, start + length);
  }

  private joined(): Buffer {
    if (this.chunks.length > 1) {
      this.chunks[0] = this.chunks[0]!.subarray(this.taken);
      this.chunks = [Buffer.concat(this.chunks, this.bytes)];
      this.taken = 0;
    }
    return this.chunks[0]!;
  }
}
