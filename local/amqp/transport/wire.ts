import type { Duplex } from 'node:stream';
import { Writer } from '../codec/index.ts';

/**
 * An empty AMQP frame: legal at any time after open, and without meaning. It makes the peer's kernel see an acknowledgement
 * at once: the JavaScript SDK leaves Nagle's algorithm on, so a small frame of its that draws no answer would hold back its
 * next small frame for a delayed ACK (tens of milliseconds).
 */
const EMPTY_FRAME = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]);

/** Output is gathered in blocks. One is full while there still is room for a frame of usual size, so that it need not grow for it. */
const BLOCK_BYTES = 65_536;
const FULL_BLOCK_BYTES = BLOCK_BYTES - 8_192;
const SMALLEST_BLOCK_BYTES = 512;

export interface WireEvents {
  /** Bytes came in; they are the receiver's until it returns. */
  input(chunk: Buffer): void;
  /** Called before a turn's output leaves: the last chance to add what was held back to be merged. */
  beforeFlush(): void;
  /** The stream is gone. Called once. */
  gone(error: Error | undefined): void;
}

/**
 * A stream with its output gathered: everything written in one turn of the event loop leaves in one write, at `setImmediate`,
 * that is after all input of that turn was read and before the loop waits again.
 */
export class Wire {
  /** When true, input that has drawn no output is answered with an empty frame. */
  answersSilently = false;
  private readonly stream: Duplex;
  private readonly events: WireEvents;
  private readonly fullBlocks: Buffer[] = [];
  private block: Writer | undefined;
  /** What the last turn has needed: the next will need about as much. */
  private expectedBytes = SMALLEST_BLOCK_BYTES;
  private isScheduled = false;
  private owesAnswer = false;
  private isEnding = false;
  private isGone = false;

  constructor(stream: Duplex, events: WireEvents) {
    this.stream = stream;
    this.events = events;
    let failure: Error | undefined;
    stream.on('data', (chunk: Buffer) => this.onData(chunk));
    stream.on('error', (error: Error) => {
      failure = error;
    });
    // Half-open streams are of no use here: when the peer has ended, so do we.
    stream.on('end', () => this.end());
    stream.on('close', () => {
      if (this.isGone) return;
      this.isGone = true;
      this.fullBlocks.length = 0;
      this.block = undefined;
      events.gone(failure);
    });
  }

  get isOpen(): boolean {
    return !this.isEnding && !this.isGone;
  }

  /** Where the turn's output is written, to be asked for anew for each frame; `undefined` when the stream has ended. */
  get output(): Writer | undefined {
    if (!this.isOpen) return undefined;
    this.schedule();
    if (this.block && this.block.length >= FULL_BLOCK_BYTES) {
      this.fullBlocks.push(this.block.finish());
      this.block = new Writer(BLOCK_BYTES);
    }
    this.block ??= new Writer(this.expectedBytes);
    return this.block;
  }

  write(bytes: Uint8Array): void {
    this.output?.bytes(bytes);
  }

  writeEmptyFrame(): void {
    this.write(EMPTY_FRAME);
  }

  /** Asks for a flush in this turn although nothing was written yet. */
  schedule(): void {
    if (this.isScheduled || this.isGone) return;
    this.isScheduled = true;
    setImmediate(() => this.flush());
  }

  /** Sends what is pending, then ends the stream. */
  end(): void {
    if (this.isEnding || this.isGone) return;
    this.flush();
    this.isEnding = true;
    this.stream.end();
  }

  destroy(): void {
    this.stream.destroy();
  }

  private onData(chunk: Buffer): void {
    if (this.isEnding) return;
    // A lone empty frame is never answered with another, or two such peers would never stop.
    if (chunk.length > EMPTY_FRAME.length) this.owesAnswer = true;
    this.events.input(chunk);
    if (this.owesAnswer) this.schedule();
  }

  private flush(): void {
    if (this.isEnding || this.isGone) return;
    this.events.beforeFlush();
    if (!this.block && this.owesAnswer && this.answersSilently) this.writeEmptyFrame();
    this.owesAnswer = false;
    // Only now: what was written since is part of this flush.
    this.isScheduled = false;
    const { block, fullBlocks } = this;
    if (!block) return;
    this.block = undefined;
    this.expectedBytes = Math.max(SMALLEST_BLOCK_BYTES, fullBlocks.length > 0 ? BLOCK_BYTES : block.length);
    this.stream.cork();
    for (const full of fullBlocks.splice(0)) this.stream.write(full);
    this.stream.write(block.finish());
    this.stream.uncork();
  }
}
