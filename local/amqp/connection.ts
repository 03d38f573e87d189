import type { Duplex } from 'node:stream';
import type { Clock, TimerId } from '../clock/index.ts';
import type { Log } from '../log.ts';
import type { AmqpConnection, AmqpError, AmqpService, Authorizer, Right } from './api.ts';
import { DecodeError, type Writer } from './codec/index.ts';
import { IdleWatch } from './idle-watch.ts';
import type { Link } from './links/link.ts';
import { isAllowed, openNode } from './nodes/open-node.ts';
import type { RequestNode } from './nodes/request-node.ts';
import { Session } from './session.ts';
import { TokenTable } from './tokens.ts';
import { FrameSplitter } from './transport/frame-splitter.ts';
import {
  type AttachFields,
  decodeFrame,
  FRAME_TYPE_AMQP,
  FRAME_TYPE_SASL,
  type Frame,
  fromError,
  fromOpen,
  MAX_FRAME_BYTES,
  type OpenFields,
  Performative,
  toOpen,
  writeFrame,
} from './transport/performatives.ts';
import { answerSaslInit, saslMechanismsFrame } from './transport/sasl.ts';
import { Wire } from './transport/wire.ts';

/** What every connection of a server shares. */
export interface ServerContext {
  readonly services: readonly AmqpService[];
  readonly authorizer: Authorizer;
  /** The broker's time: idle links and connections. */
  readonly clock: Clock;
  /** The machine's time, whatever the broker's: heartbeats and tokens, which the peer stamps with its own clock. */
  readonly liveness: Clock;
  readonly log: Log;
  readonly containerId: string;
}

const AMQP_HEADER = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1');
const SASL_HEADER = Buffer.from('AMQP\x03\x01\x00\x00', 'latin1');

/** What the service announces: a peer that is silent for longer is taken for dead. */
const IDLE_TIMEOUT_MS = 240_000;

/** How long a peer may take to answer our close. */
const CLOSE_GRACE_MS = 5_000;

type Phase = 'header' | 'sasl' | 'amqp-header' | 'opening' | 'open' | 'closing' | 'closed';

/** One connection of a peer, from its first byte to its last (part 2, section 2.4; SASL: part 5, section 5.3). */
export class Connection implements AmqpConnection {
  readonly id: string;
  readonly context: ServerContext;
  readonly tokens: TokenTable;
  /** The `$cbs` and `$management` nodes that this connection has links to, by address in lower case. */
  readonly requestNodes = new Map<string, RequestNode>();
  private readonly wire: Wire;
  private readonly splitter = new FrameSplitter(MAX_FRAME_BYTES);
  private readonly sessions = new Map<number, Session>();
  private readonly holding = new Set<Session>();
  private readonly closeListeners: (() => void)[] = [];
  private readonly idle: IdleWatch;
  private phase: Phase = 'header';
  private open: OpenFields | undefined;
  private heartbeat: TimerId | undefined;
  private lastReadAt: number;
  private lastWrittenAt: number;

  constructor(id: string, stream: Duplex, context: ServerContext) {
    this.id = id;
    this.context = context;
    this.lastReadAt = context.liveness.now();
    this.lastWrittenAt = this.lastReadAt;
    this.tokens = new TokenTable(context.authorizer, context.liveness, () => this.dropUnauthorized());
    this.idle = new IdleWatch(context.clock, (error) => this.close(error));
    this.wire = new Wire(stream, {
      input: (chunk) => this.input(chunk),
      beforeFlush: () => this.flushDispositions(),
      gone: (error) => this.gone(error),
    });
  }

  get containerId(): string {
    return this.open?.containerId ?? '';
  }

  get hostname(): string {
    return this.open?.hostname ?? '';
  }

  get properties(): ReadonlyMap<string, unknown> {
    return this.open?.properties ?? new Map();
  }

  get peerMaxFrameSize(): number {
    return this.open?.maxFrameSize ?? 512;
  }

  isAuthorized(address: string, right: Right): boolean {
    return this.tokens.isAuthorized(address, right);
  }

  takeToken(audience: string, token: string): boolean {
    const verdict = this.context.authorizer.verifyToken(audience, '', token);
    if (verdict.accepted) this.tokens.put(audience, verdict);
    return verdict.accepted;
  }

  onClose(listener: () => void): void {
    if (this.phase === 'closed') listener();
    else this.closeListeners.push(listener);
  }

  close(error?: AmqpError): void {
    if (this.phase === 'open') {
      for (const session of this.sessions.values()) session.writeDispositions();
      this.sendFrame(0, Performative.close, [error && fromError(error)]);
      this.phase = 'closing';
      this.endSessions();
      this.cutOffLater();
    } else if (this.phase !== 'closing') this.wire.end();
  }

  /** The peer's close ends the stream; one that does not answer ours is cut off. */
  private cutOffLater(): void {
    const { liveness } = this.context;
    if (this.heartbeat !== undefined) liveness.clearTimer(this.heartbeat);
    this.heartbeat = liveness.setTimer(liveness.now() + CLOSE_GRACE_MS, () => this.wire.destroy());
  }

  /** Ends the stream now, whatever the peer still has to say. */
  destroy(): void {
    this.wire.destroy();
  }

  sendFrame(channel: number, code: number, fields: readonly unknown[]): void {
    const { output } = this;
    if (output) writeFrame(output, FRAME_TYPE_AMQP, channel, code, fields);
  }

  /** Where a frame is to be written now; `undefined` when nobody would read it any more. */
  get output(): Writer | undefined {
    return this.phase === 'open' ? this.wire.output : undefined;
  }

  holdDispositions(session: Session): void {
    this.holding.add(session);
    this.wire.schedule();
  }

  sessionEnded(session: Session): void {
    this.sessions.delete(session.channel);
    this.linkClosed();
  }

  openLink(link: Link, attach: AttachFields): void {
    this.idle.linkOpened();
    openNode(link, attach, this);
  }

  linkClosed(): void {
    let count = 0;
    for (const session of this.sessions.values()) for (const _ of session.openLinks) count++;
    if (count === 0) this.idle.noLinks();
  }

  private input(chunk: Buffer): void {
    this.lastReadAt = this.context.liveness.now();
    this.splitter.add(chunk);
    try {
      while (this.step());
    } catch (error) {
      this.fail(error);
    }
  }

  /** Takes the next header or frame; false when there is none yet. */
  private step(): boolean {
    if (this.phase === 'closed') return false;
    if (this.phase === 'header' || this.phase === 'amqp-header') {
      const header = this.splitter.takeHeader();
      if (header) this.takeHeader(header);
      return header !== undefined;
    }
    const bytes = this.splitter.takeFrame();
    if (!bytes) return false;
    const frame = decodeFrame(bytes);
    if (this.phase === 'sasl') this.takeSasl(frame);
    else this.takeFrame(frame);
    return true;
  }

  private takeHeader(header: Buffer): void {
    if (this.phase === 'header' && header.equals(SASL_HEADER)) {
      this.phase = 'sasl';
      this.wire.write(SASL_HEADER);
      this.wire.write(saslMechanismsFrame());
    } else if (header.equals(AMQP_HEADER)) {
      this.phase = 'opening';
      this.wire.write(AMQP_HEADER);
    } else {
      // Part 2, section 2.2: answer with what is spoken here, then close.
      this.wire.write(this.phase === 'header' ? SASL_HEADER : AMQP_HEADER);
      this.wire.end();
    }
  }

  private takeSasl(frame: Frame): void {
    if (frame.type !== FRAME_TYPE_SASL) throw new DecodeError('A SASL frame was expected.');
    const { reply, isDone, verdict } = answerSaslInit(frame, this.context.authorizer);
    this.wire.write(reply);
    if (!isDone) {
      this.wire.end();
      return;
    }
    if (verdict?.accepted) this.tokens.put('sasl', verdict);
    this.phase = 'amqp-header';
  }

  private takeFrame(frame: Frame): void {
    if (frame.type !== FRAME_TYPE_AMQP) throw new DecodeError('An AMQP frame was expected.');
    switch (frame.code) {
      case undefined:
        return;
      case Performative.open:
        this.takeOpen(frame);
        return;
      case Performative.close:
        this.takeClose();
        return;
      case Performative.begin:
        if (this.phase === 'open') this.sessions.set(frame.channel, new Session(this, frame));
        return;
      case Performative.end:
        this.sessions.get(frame.channel)?.end();
        return;
      default:
        // Frames of a session that we have ended may still be under way.
        if (this.phase === 'open') this.sessions.get(frame.channel)?.receive(frame);
    }
  }

  private takeOpen(frame: Frame): void {
    if (this.phase !== 'opening') throw new DecodeError('The connection is open already.');
    this.open = toOpen(frame.fields);
    this.phase = 'open';
    this.sendFrame(0, Performative.open, fromOpen(this.context.containerId, IDLE_TIMEOUT_MS, 'Crossover'));
    this.wire.answersSilently = true;
    this.beat();
    this.idle.start(() => this.tokens.isEmpty && !this.context.authorizer.acceptsAnyone);
    this.context.log('debug', 'amqp', `${this.id}: '${this.containerId}' has connected.`);
  }

  private takeClose(): void {
    if (this.phase === 'open') this.sendFrame(0, Performative.close, []);
    this.phase = 'closing';
    this.endSessions();
    this.wire.end();
  }

  /** Sends an empty frame when nothing else was sent for half of the time that the peer waits; ends a connection that is dead. */
  private beat(): void {
    const { liveness } = this.context;
    const intervalMs = Math.min((this.open?.idleTimeoutMs ?? IDLE_TIMEOUT_MS) / 2, IDLE_TIMEOUT_MS / 2);
    this.heartbeat = liveness.setTimer(liveness.now() + intervalMs, () => {
      if (liveness.now() - this.lastReadAt > IDLE_TIMEOUT_MS) return this.wire.destroy();
      if (
        this.phase === 'open' &&
        this.open?.idleTimeoutMs &&
        liveness.now() - this.lastWrittenAt >= intervalMs * 0.9
      ) {
        this.wire.writeEmptyFrame();
      }
      this.beat();
    });
  }

  private flushDispositions(): void {
    this.lastWrittenAt = this.context.liveness.now();
    if (this.holding.size === 0) return;
    for (const session of this.holding) session.writeDispositions();
    this.holding.clear();
  }

  private dropUnauthorized(): void {
    for (const session of this.sessions.values()) {
      for (const link of session.openLinks) {
        if (!isAllowed(link, this)) link.close(EXPIRED);
      }
    }
  }

  /** Input that cannot be understood, or a fault of ours: either way this connection cannot go on. */
  private fail(error: unknown): void {
    const isPeers = error instanceof DecodeError;
    const text = error instanceof Error ? (isPeers ? error.message : (error.stack ?? error.message)) : String(error);
    this.context.log(isPeers ? 'warning' : 'error', 'amqp', `${this.id}: ${text}`);
    if (this.phase === 'open') {
      const condition = isPeers ? 'amqp:decode-error' : 'amqp:internal-error';
      const description = isPeers ? error.message : 'The connection ran into a fault of the service.';
      this.sendFrame(0, Performative.close, [fromError({ condition, description })]);
    }
    this.wire.end();
  }

  private endSessions(): void {
    const sessions = [...this.sessions.values()];
    this.sessions.clear();
    for (const session of sessions) session.gone();
  }

  private gone(error: Error | undefined): void {
    if (this.heartbeat !== undefined) this.context.liveness.clearTimer(this.heartbeat);
    this.phase = 'closed';
    this.idle.stop();
    this.tokens.close();
    this.endSessions();
    for (const listener of this.closeListeners.splice(0)) listener();
    this.context.log('debug', 'amqp', `${this.id}: gone${error ? ` (${error.message})` : ''}.`);
  }
}

const EXPIRED: AmqpError = {
  condition: 'amqp:unauthorized-access',
  description: 'ExpiredToken: The token that the link was opened with has expired.',
};
