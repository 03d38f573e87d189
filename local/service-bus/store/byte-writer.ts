const FIRST_CAPACITY_BYTES = 4096;

/** Bytes one behind the other, in memory that grows. */
export class ByteWriter {
  private buffer: Buffer;
  length: number;

  /** @param reserved bytes left free at the beginning, for a header that is known at the end */
  constructor(reserved = 0) {
    this.buffer = Buffer.allocUnsafe(FIRST_CAPACITY_BYTES);
    this.length = reserved;
  }

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length] = value;
    this.length += 1;
  }

  number(value: number): void {
    this.reserve(8);
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  text(value: string): void {
    // UTF-8 has at most 3 bytes for each of a string's units.
    this.reserve(4 + value.length * 3);
    const start = this.length + 4;
    const written = this.buffer.write(value, start, 'utf8');
    this.buffer.writeUInt32LE(written, this.length);
    this.length = start + written;
  }

  block(value: Uint8Array): void {
    this.reserve(4 + value.length);
    this.buffer.writeUInt32LE(value.length, this.length);
    this.buffer.set(value, this.length + 4);
    this.length += 4 + value.length;
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** Reads what a {@link ByteWriter} wrote. Going beyond the end is a RangeError. */
export class ByteReader {
  private readonly buffer: Buffer;
  private offset = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  get isAtEnd(): boolean {
    return this.offset >= this.buffer.length;
  }

  byte(): number {
    const value = this.buffer.readUInt8(this.offset);
    this.offset += 1;
    return value;
  }

  number(): number {
    const value = this.buffer.readDoubleLE(this.offset);
    this.offset += 8;
    return value;
  }

  text(): string {
    const bytes = this.block();
    return bytes.toString('utf8');
  }

  /** A view: copy it to keep it. */
  block(): Buffer {
    const length = this.buffer.readUInt32LE(this.offset);
    const start = this.offset + 4;
    if (start + length > this.buffer.length) throw new RangeError('A block reaches beyond the end of its frame.');
    this.offset = start + length;
    return this.buffer.subarray(start, this.offset);
  }
}
