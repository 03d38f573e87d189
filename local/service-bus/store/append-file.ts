import { closeSync, fdatasync, openSync, writev } from 'node:fs';

/** A file that is only ever appended to. */
export class AppendFile {
  private readonly file: number;
  bytes = 0;

  /** @throws when the file is there already */
  constructor(path: string) {
    this.file = openSync(path, 'ax');
  }

  /** Resolves when the blocks are on the disk (fdatasync), not before. */
  append(blocks: readonly Buffer[]): Promise<void> {
    const total = blocks.reduce((sum, { length }) => sum + length, 0);
    return new Promise<void>((resolve, reject) => {
      this.write([...blocks], (error) => {
        if (error) {
          reject(error);
          return;
        }
        this.bytes += total;
        fdatasync(this.file, (failure) => (failure ? reject(failure) : resolve()));
      });
    });
  }

  close(): void {
    closeSync(this.file);
  }

  /** A write may take less than it was given. */
  private write(blocks: Buffer[], done: (error: Error | null) => void): void {
    writev(this.file, blocks, (error, written) => {
      if (error) {
        done(error);
        return;
      }
      let rest = written;
      while (blocks.length > 0 && rest >= blocks[0]!.length) rest -= blocks.shift()!.length;
      if (blocks.length === 0) {
        done(null);
        return;
      }
      blocks[0] = blocks[0]!.subarray(rest);
      this.write(blocks, done);
    });
  }
}
