/**
 * An AMQP peer that does what it is told, frame by frame, to stand in for clients that cannot run here: the .NET clients
 * (contracts: amqp-dotnet.md). Frames are encoded and decoded by rhea, so that our own codec is not its own judge.
 */
import { createRequire } from 'node:module';
import net from 'node:net';

const require = createRequire(import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: rhea's inner modules have no types.
const frames = require('rhea/lib/frames.js') as any;
// biome-ignore lint/suspicious/noExplicitAny: rhea's inner modules have no types.
export const types = require('rhea/lib/types.js') as any;
// biome-ignore lint/suspicious/noExplicitAny: rhea's inner modules have no types.
export const message = require('rhea/lib/message.js') as any;
// biome-ignore lint/suspicious/noExplicitAny: rhea's inner modules have no types.
const terminus = require('rhea/lib/terminus.js') as any;

// biome-ignore lint/suspicious/noExplicitAny: fields are read as rhea gives them.
type Fields = any;

export interface PeerFrame {
  readonly name: string;
  readonly channel: number;
  /** Decoded by rhea, by field name. */
  readonly fields: Fields;
  readonly payload: Buffer | undefined;
  /** The whole frame. */
  readonly bytes: Buffer;
}

const NAMES: Readonly<Record<number, string>> = {
  16: 'open',
  17: 'begin',
  18: 'attach',
  19: 'flow',
  20: 'transfer',
  21: 'disposition',
  22: 'detach',
  23: 'end',
  24: 'close',
  64: 'sasl_mechanisms',
  68: 'sasl_outcome',
};

const TRANSFER_STATE = 7;

export const AMQP_HEADER = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1');
export const SASL_HEADER = Buffer.from('AMQP\x03\x01\x00\x00', 'latin1');

export class Peer {
  /** Everything that came, in order; empty frames are `empty`. */
  readonly received: PeerFrame[] = [];
  private readonly socket: net.Socket;
  private bytes = Buffer.alloc(0);
  private headers: Buffer[] = [];
  private isInHeader = true;
  private readonly waiters = new Set<() => void>();

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.bytes = Buffer.concat([this.bytes, chunk]);
      this.parse();
      for (const waiter of [...this.waiters]) waiter();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const waiter of [...this.waiters]) waiter();
    });
  }

  static async connect(port: number): Promise<Peer> {
    const socket = net.connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Peer(socket);
  }

  /** Headers, SASL with the mechanism, open; `open` overrides what .NET says. */
  static async open(port: number, open: Fields = {}, mechanism = 'MSSBCBS'): Promise<Peer> {
    const peer = await Peer.connect(port);
    await peer.sasl(mechanism);
    await peer.header(AMQP_HEADER);
    peer.send(0, 'open', {
      container_id: 'sb://127.0.0.1/-1a2b3c4d',
      hostname: '127.0.0.1',
      max_frame_size: 65536,
      channel_max: 8191,
      idle_time_out: 60000,
      ...open,
    });
    await peer.next('open');
    return peer;
  }

  async sasl(mechanism: string, initialResponse?: Buffer): Promise<PeerFrame> {
    await this.header(SASL_HEADER);
    await this.next('sasl_mechanisms');
    this.socket.write(
      frames.write_frame(frames.sasl_frame(frames.sasl_init({ mechanism, initial_response: initialResponse }))),
    );
    return this.next('sasl_outcome');
  }

  /** Sends a protocol header and returns the one that comes back. */
  async header(bytes: Buffer): Promise<Buffer> {
    this.isInHeader = true;
    this.socket.write(bytes);
    await this.until(() => this.headers.length > 0);
    return this.headers.shift()!;
  }

  /** A frame's bytes, to be written together with others. */
  static encode(channel: number, name: string, fields: Fields, payload?: Buffer): Buffer {
    // rhea cannot set a transfer's state by name.
    const { state, ...others } = fields;
    const performative = frames[name](name === 'transfer' ? others : fields);
    if (name === 'transfer' && state) performative.value[TRANSFER_STATE] = state;
    return frames.write_frame(frames.amqp_frame(channel, performative, payload));
  }

  send(channel: number, name: string, fields: Fields, payload?: Buffer): void {
    this.write(Peer.encode(channel, name, fields, payload));
  }

  write(...parts: Buffer[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  async begin(channel: number): Promise<PeerFrame> {
    this.send(channel, 'begin', { next_outgoing_id: 1, incoming_window: 5000, outgoing_window: 5000 });
    return this.next('begin');
  }

  /** The next frame of that name that nobody has taken yet. */
  async next(name: string, where: (frame: PeerFrame) => boolean = () => true): Promise<PeerFrame> {
    let index = -1;
    await this.until(() => {
      index = this.received.findIndex((frame) => frame.name === name && where(frame));
      return index >= 0;
    });
    return this.received.splice(index, 1)[0]!;
  }

  /** Resolves when the server has ended the connection. */
  async closed(): Promise<void> {
    await this.until(() => this.socket.closed || this.socket.readableEnded);
  }

  end(): void {
    this.socket.destroy();
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        const waiter = () => {
          this.waiters.delete(waiter);
          if (this.socket.destroyed && !condition()) reject(new Error('The server has closed the connection.'));
          else resolve();
        };
        this.waiters.add(waiter);
        if (this.socket.destroyed) waiter();
      });
    }
  }

  private parse(): void {
    for (;;) {
      if (this.isInHeader) {
        if (this.bytes.length < 8) return;
        this.headers.push(this.bytes.subarray(0, 8));
        this.bytes = this.bytes.subarray(8);
        this.isInHeader = false;
        continue;
      }
      if (this.bytes.length < 8) return;
      const size = this.bytes.readUInt32BE(0);
      if (this.bytes.length < size) return;
      const bytes = this.bytes.subarray(0, size);
      this.bytes = this.bytes.subarray(size);
      const { performative, payload, channel } = frames.read_frame(bytes);
      const code = performative?.constructor.descriptor.numeric as number | undefined;
      this.received.push({
        name: code === undefined ? 'empty' : (NAMES[code] ?? String(code)),
        channel,
        fields: performative,
        payload,
        bytes,
      });
    }
  }
}

/** A source or target to attach with. */
export const source = (fields: Fields): unknown => terminus.source(fields).described();
export const target = (fields: Fields): unknown => terminus.target(fields).described();
export const terminusOf = (field: Fields): Fields => terminus.unwrap(field);

/** The coordinator as a target (part 4, section 4.5.1). */
export const coordinator = (): unknown =>
  types.described(types.wrap_ulong(0x30), types.wrap_list([types.wrap_array(['amqp:local-transactions'], 0xa3)]));

export const described = (code: number, fields: readonly unknown[]): unknown =>
  types.described(types.wrap_ulong(code), types.wrap_list(fields.map(types.wrap)));

/** An amqp-value body around a described value, which rhea's own message encoder cannot nest. */
export function encodedBody(value: unknown): Buffer {
  const writer = new types.Writer();
  writer.write(value);
  return Buffer.concat([Buffer.from([0x00, 0x53, 0x77]), writer.toBuffer()]);
}

/** The entries of a map section, still typed by rhea: `type.name` tells the AMQP type. */
export function typedSection(payload: Buffer, code: number): Map<string, Fields> {
  const reader = new types.Reader(payload);
  while (reader.remaining() > 0) {
    const section = reader.read();
    if (section.descriptor.value !== code) continue;
    const value: Fields[] = section.value;
    const entries: [string, Fields][] = [];
    for (let index = 0; index + 1 < value.length; index += 2) entries.push([value[index].value, value[index + 1]]);
    return new Map(entries);
  }
  return new Map();
}

/** The typed value of an amqp-value body. */
export function typedBody(payload: Buffer): Fields {
  const reader = new types.Reader(payload);
  while (reader.remaining() > 0) {
    const section = reader.read();
    if (section.descriptor.value === 0x77) return section;
  }
  return undefined;
}
