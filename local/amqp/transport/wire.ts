import type { Duplex } from 'node:stream';

/**
 * An empty AMQP frame: legal at any time after open, and without meaning. It makes the peer's kernel see an acknowledgement
 * at once: the JavaScript SDK leaves Nagle's algorithm on, so a small frame of its that draws no answer would hold back its
 * next small frame for a delayed ACK (tens of milliseconds).
 */
const EMPTY_FRAME = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]);

/** Below this, one copy is cheaper than a vectored write of many small buffers. */
const COPY_BELOW_BYTES = 32_768;

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
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
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
      this.pending = [];
      events.gone(failure);
    });
  }

  get isOpen(): boolean {
    return !this.isEnding && !this.isGone;
  }

  write(bytes: Uint8Array): void {
    if (this.isEnding || this.isGone) return;
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
    this.schedule();
  }

  writeEmptyFrame(): void {
    this.write(EMPTY_FRAME);
  }

  /** Asks for a flush in this turn although nothing was written yet. */
  schedule(): void {
    if (this.isScheduled || this.isGone) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.flush();
    });
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
    if (this.pendingBytes === 0 && this.owesAnswer && this.answersSilently) this.pending.push(EMPTY_FRAME);
    this.owesAnswer = false;
    const buffers = this.pending;
    if (buffers.length === 0) return;
    const bytes = this.pendingBytes;
    this.pending = [];
    this.pendingBytes = 0;
    if (buffers.length === 1) this.stream.write(buffers[0]);
    else if (bytes <= COPY_BELOW_BYTES) this.stream.write(Buffer.concat(buffers, bytes));
    else {
      this.stream.cork();
      for (const buffer of buffers) this.stream.write(buffer);
      this.stream.uncork();
    }
  }
}
