// Over 400 lines: every frame body, terminus and delivery state of AMQP 1.0 in one place, each read and written beside its fields.
import type { AmqpError, DeliveryState } from '../api.ts';
import { arrayOf, DecodeError, Described, Reader, symbol, ubyte, uint, ulong, ushort, Writer } from '../codec/index.ts';

/** Descriptors of frame bodies, states and termini (part 2, section 2.7; part 3; part 4; part 5, section 5.3.3). */
export const Performative = {
  open: 0x10,
  begin: 0x11,
  attach: 0x12,
  flow: 0x13,
  transfer: 0x14,
  disposition: 0x15,
  detach: 0x16,
  end: 0x17,
  close: 0x18,
  saslMechanisms: 0x40,
  saslInit: 0x41,
  saslChallenge: 0x42,
  saslResponse: 0x43,
  saslOutcome: 0x44,
} as const;

const ERROR = 0x1d;
const SOURCE = 0x28;
const TARGET = 0x29;
const COORDINATOR = 0x30;
const ACCEPTED = 0x24;
const REJECTED = 0x25;
const RELEASED = 0x26;
const MODIFIED = 0x27;
const DECLARED = 0x33;
const TRANSACTIONAL_STATE = 0x34;

const DISPOSITION_STATE = 4;

export const FRAME_TYPE_AMQP = 0;
export const FRAME_TYPE_SASL = 1;

/** The largest frame that we take; the service announces the same. */
export const MAX_FRAME_BYTES = 65_536;

export interface Frame {
  readonly type: number;
  readonly channel: number;
  /** `undefined`: an empty frame, which only says that the peer is alive. */
  readonly code: number | undefined;
  readonly fields: readonly unknown[];
  readonly payload: Buffer | undefined;
}

/** Decodes a whole frame, from its size on. Field values that are described come as {@link Described}. */
export function decodeFrame(buffer: Buffer): Frame {
  const bodyAt = buffer[4]! * 4;
  const type = buffer[5]!;
  const channel = type === FRAME_TYPE_AMQP ? buffer.readUInt16BE(6) : 0;
  if (bodyAt < 8 || bodyAt > buffer.length) throw new DecodeError(`A frame's body cannot start at byte ${bodyAt}.`);
  if (bodyAt === buffer.length) return { type, channel, code: undefined, fields: [], payload: undefined };
  const reader = new Reader(buffer, bodyAt);
  const code = reader.descriptorCode();
  const fields: unknown[] = [];
  for (let left = reader.listHeader(); left > 0; left--) {
    // A disposition's state stays encoded: nearly always it is `accepted`, and else its maps must keep their types.
    const isState = code === Performative.disposition && fields.length === DISPOSITION_STATE;
    fields.push(isState ? reader.encodedValue().bytes : reader.value());
  }
  const payload = reader.hasMore ? buffer.subarray(reader.position) : undefined;
  return { type, channel, code, fields, payload };
}

const TRANSFER_FIELDS = 11;
const DISPOSITION_FIELDS = 6;

/**
 * How many fields each performative has. All are written, nulls at the end too, as the service does it: the Event Hubs client for
 * Python (5.15) looks fields up by their place without asking how many came.
 */
const FIELD_COUNTS: Readonly<Record<number, number>> = {
  [Performative.open]: 10,
  [Performative.begin]: 8,
  [Performative.attach]: 14,
  [Performative.flow]: 11,
  [Performative.transfer]: TRANSFER_FIELDS,
  [Performative.disposition]: DISPOSITION_FIELDS,
  [Performative.detach]: 3,
  [Performative.end]: 1,
  [Performative.close]: 1,
};
const SOURCE_FIELDS = 11;
const TARGET_FIELDS = 7;

export function encodeFrame(type: number, channel: number, code: number, fields: readonly unknown[]): Buffer {
  const writer = new Writer(192);
  writeFrame(writer, type, channel, code, fields);
  return writer.finish();
}

export function writeFrame(
  writer: Writer,
  type: number,
  channel: number,
  code: number,
  fields: readonly unknown[],
): void {
  const start = openFrame(writer, type, channel);
  writer.wholeComposite(code, fields, FIELD_COUNTS[code] ?? fields.length);
  writer.u32At(start, writer.length - start);
}

/** Writes a frame's header. The size, at the place that is returned, is filled in once it is known. */
function openFrame(writer: Writer, type: number, channel: number): number {
  const start = writer.length;
  writer.u32(0);
  writer.u8(2);
  writer.u8(type);
  writer.u16(channel);
  return start;
}

/** A transfer without its payload. Continuations carry neither id nor tag. */
export interface TransferFields {
  readonly handle: number;
  readonly deliveryId: number | undefined;
  readonly tag: Buffer | undefined;
  readonly settled: boolean;
  readonly more: boolean;
}

/** Writes a transfer frame. Field by field, for this and a disposition are what a message costs on the wire. */
export function writeTransfer(writer: Writer, channel: number, transfer: TransferFields, payload: Uint8Array): void {
  const start = openFrame(writer, FRAME_TYPE_AMQP, channel);
  const { deliveryId, tag } = transfer;
  const list = writer.openList(Performative.transfer);
  writer.uint(transfer.handle);
  if (deliveryId === undefined) writer.value(null);
  else writer.uint(deliveryId);
  writer.value(tag);
  if (deliveryId === undefined) writer.value(null);
  else writer.uint(0);
  writer.value(transfer.settled);
  writer.value(transfer.more);
  for (let field = 6; field < TRANSFER_FIELDS; field++) writer.value(null);
  writer.closeCompound(list, TRANSFER_FIELDS);
  writer.bytes(payload);
  writer.u32At(start, writer.length - start);
}

/** The longest that {@link writeTransfer} makes of what stands before the payload, with a tag of up to 32 bytes. */
export const TRANSFER_HEAD_BYTES = 80;

export interface OpenFields {
  readonly containerId: string;
  readonly hostname: string | undefined;
  readonly maxFrameSize: number;
  readonly idleTimeoutMs: number | undefined;
  readonly properties: ReadonlyMap<string, unknown>;
}

export function toOpen(fields: readonly unknown[]): OpenFields {
  return {
    containerId: (fields[0] as string | undefined) ?? '',
    hostname: (fields[1] as string | null | undefined) ?? undefined,
    maxFrameSize: Math.max((fields[2] as number | null | undefined) ?? 0xffff_ffff, 512),
    idleTimeoutMs: (fields[4] as number | null | undefined) || undefined,
    properties: asMap(fields[9]),
  };
}

export interface Terminus {
  readonly address: string | undefined;
  /** Filter values as they came, described ones with their descriptor. */
  readonly filter: ReadonlyMap<string, unknown>;
  readonly isCoordinator: boolean;
}

export interface AttachFields {
  readonly name: string;
  readonly handle: number;
  /** True: the peer receives. */
  readonly peerReceives: boolean;
  readonly sndSettleMode: number | undefined;
  readonly rcvSettleMode: number | undefined;
  readonly source: Terminus | undefined;
  readonly target: Terminus | undefined;
  readonly initialDeliveryCount: number;
  readonly desiredCapabilities: readonly string[];
  readonly properties: ReadonlyMap<string, unknown>;
}

export function toAttach(fields: readonly unknown[]): AttachFields {
  const capabilities = fields[12];
  return {
    name: fields[0] as string,
    handle: fields[1] as number,
    peerReceives: fields[2] as boolean,
    sndSettleMode: (fields[3] as number | null | undefined) ?? undefined,
    rcvSettleMode: (fields[4] as number | null | undefined) ?? undefined,
    source: toTerminus(fields[5]),
    target: toTerminus(fields[6]),
    initialDeliveryCount: (fields[9] as number | null | undefined) ?? 0,
    desiredCapabilities: Array.isArray(capabilities)
      ? (capabilities as string[])
      : typeof capabilities === 'string'
        ? [capabilities]
        : [],
    properties: asMap(fields[13]),
  };
}

function toTerminus(value: unknown): Terminus | undefined {
  if (!(value instanceof Described)) return undefined;
  const fields = Array.isArray(value.value) ? (value.value as unknown[]) : [];
  const isCoordinator = value.descriptor === COORDINATOR || value.descriptor === 'amqp:coordinator:list';
  return {
    address: isCoordinator ? undefined : ((fields[0] as string | null | undefined) ?? undefined),
    filter: value.descriptor === SOURCE || value.descriptor === 'amqp:source:list' ? asMap(fields[7]) : new Map(),
    isCoordinator,
  };
}

export interface AttachReply {
  readonly name: string;
  readonly handle: number;
  /** True: we receive. */
  readonly weReceive: boolean;
  readonly sndSettleMode: number | undefined;
  readonly rcvSettleMode: number | undefined;
  readonly source: Described | undefined;
  readonly target: Described | undefined;
  readonly maxMessageSize: number | undefined;
  readonly offeredCapabilities?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
}

export function fromAttach(attach: AttachReply): unknown[] {
  return [
    attach.name,
    uint(attach.handle),
    attach.weReceive,
    attach.sndSettleMode === undefined ? undefined : ubyte(attach.sndSettleMode),
    attach.rcvSettleMode === undefined ? undefined : ubyte(attach.rcvSettleMode),
    attach.source,
    attach.target,
    undefined,
    undefined,
    attach.weReceive ? undefined : uint(0),
    attach.maxMessageSize === undefined ? undefined : ulong(attach.maxMessageSize),
    attach.offeredCapabilities?.length ? arrayOf('symbol', attach.offeredCapabilities) : undefined,
    undefined,
    attach.properties && symbolKeys(Object.entries(attach.properties)),
  ];
}

export function source(address: string | undefined, filter: ReadonlyMap<string, unknown>): Described {
  const filters = filter.size > 0 ? symbolKeys(filter) : undefined;
  return new Described(SOURCE, padded([address, ...Array<undefined>(6), filters], SOURCE_FIELDS));
}

export function target(address: string | undefined): Described {
  return new Described(TARGET, padded([address], TARGET_FIELDS));
}

export function coordinator(): Described {
  return new Described(COORDINATOR, [
    arrayOf('symbol', ['amqp:local-transactions', 'amqp:multi-txns-per-ssn', 'amqp:multi-ssns-per-txn']),
  ]);
}

export interface FlowFields {
  readonly nextIncomingId: number | undefined;
  readonly incomingWindow: number;
  readonly handle: number | undefined;
  readonly deliveryCount: number | undefined;
  readonly linkCredit: number;
  readonly drain: boolean;
  readonly echo: boolean;
}

export function toFlow(fields: readonly unknown[]): FlowFields {
  return {
    nextIncomingId: (fields[0] as number | null | undefined) ?? undefined,
    incomingWindow: fields[1] as number,
    handle: (fields[4] as number | null | undefined) ?? undefined,
    deliveryCount: (fields[5] as number | null | undefined) ?? undefined,
    linkCredit: (fields[6] as number | null | undefined) ?? 0,
    drain: fields[8] === true,
    echo: fields[9] === true,
  };
}

export interface DispositionFields {
  readonly peerReceives: boolean;
  readonly first: number;
  readonly last: number;
  readonly settled: boolean;
  readonly state: unknown;
}

export function toDisposition(fields: readonly unknown[]): DispositionFields {
  const first = fields[1] as number;
  return {
    peerReceives: fields[0] as boolean,
    first,
    last: (fields[2] as number | null | undefined) ?? first,
    settled: fields[3] === true,
    state: fields[4],
  };
}

/**
 * What a disposition says, read from its encoded state. `received` is no outcome and gives `undefined`; so does settling without
 * a state. Annotations and error info keep their AMQP types.
 */
export function toOutcome(state: unknown): DeliveryState | undefined {
  return Buffer.isBuffer(state) ? readOutcome(new Reader(state), {}) : undefined;
}

function readOutcome(reader: Reader, inTransaction: { readonly transactionId?: Buffer }): DeliveryState | undefined {
  const code = reader.stateCode();
  if (code === undefined) return undefined;
  const count = reader.listHeader();
  const flag = (index: number) => index < count && reader.value() === true;
  switch (code) {
    case ACCEPTED:
      return { outcome: 'accepted', ...inTransaction };
    case RELEASED:
      return { outcome: 'released', ...inTransaction };
    case REJECTED:
      return { outcome: 'rejected', error: count > 0 ? readError(reader) : undefined, ...inTransaction };
    case MODIFIED: {
      const deliveryFailed = flag(0);
      const undeliverableHere = flag(1);
      const annotations = count > 2 ? readTypedMap(reader) : new Map<string, unknown>();
      return { outcome: 'modified', deliveryFailed, undeliverableHere, annotations, ...inTransaction };
    }
    case TRANSACTIONAL_STATE: {
      const transactionId = Buffer.from(reader.value() as Buffer);
      return count > 1 ? readOutcome(reader, { transactionId }) : undefined;
    }
    default:
      return undefined;
  }
}

function readError(reader: Reader): AmqpError | undefined {
  if (!reader.isDescribed) {
    reader.skip();
    return undefined;
  }
  reader.descriptorCode();
  const count = reader.listHeader();
  const condition = String(reader.value());
  const description = count > 1 ? ((reader.value() as string | null) ?? '') : '';
  return { condition, description, ...(count > 2 ? { info: Object.fromEntries(readTypedMap(reader)) } : {}) };
}

/** A map whose values keep their AMQP types; null, or no map, is an empty one. */
function readTypedMap(reader: Reader): Map<string, unknown> {
  if (reader.isMap) return reader.typedMap();
  reader.skip();
  return new Map();
}

const TRANSACTIONAL: readonly unknown[] = [TRANSACTIONAL_STATE, 'amqp:transactional-state:list'];

/** The transaction that a transfer or disposition names in its state. */
export function transactionOf(state: unknown): Buffer | undefined {
  if (!(state instanceof Described) || !TRANSACTIONAL.includes(state.descriptor)) return undefined;
  const id = Array.isArray(state.value) ? (state.value[0] as unknown) : undefined;
  return Buffer.isBuffer(id) ? Buffer.from(id) : undefined;
}

function inState(outcome: Described, transactionId: Buffer | undefined): Buffer {
  const writer = new Writer(64);
  writer.value(transactionId ? new Described(TRANSACTIONAL_STATE, [transactionId, outcome]) : outcome);
  return writer.finish();
}

const ACCEPTED_STATE = inState(new Described(ACCEPTED, []), undefined);

const CONFIRMED = { released: RELEASED, modified: MODIFIED, rejected: REJECTED } as const;

/** States as their encoded bytes, so that equal ones can be told by comparing. */
export const State = {
  accepted: (transactionId?: Buffer): Buffer =>
    transactionId ? inState(new Described(ACCEPTED, []), transactionId) : ACCEPTED_STATE,
  /**
   * Confirms what the peer decided, by the outcome's name alone: the Python and Java clients compare it with what they sent, and
   * the JavaScript client takes an error inside it for a refusal.
   */
  confirmed: (outcome: DeliveryState['outcome'], transactionId?: Buffer): Buffer =>
    outcome === 'accepted'
      ? State.accepted(transactionId)
      : inState(new Described(CONFIRMED[outcome], []), transactionId),
  released: (): Buffer => inState(new Described(RELEASED, []), undefined),
  rejected: (error: AmqpError, transactionId?: Buffer): Buffer =>
    inState(new Described(REJECTED, [fromError(error)]), transactionId),
  declared: (transactionId: Buffer): Buffer => inState(new Described(DECLARED, [transactionId]), undefined),
};

/** Writes a disposition frame for the deliveries from `first` to `last`. */
export function writeDisposition(
  writer: Writer,
  channel: number,
  weReceive: boolean,
  first: number,
  last: number,
  settled: boolean,
  state: Buffer,
): void {
  const start = openFrame(writer, FRAME_TYPE_AMQP, channel);
  const list = writer.openList(Performative.disposition);
  writer.value(weReceive);
  writer.uint(first);
  if (last === first) writer.value(null);
  else writer.uint(last);
  writer.value(settled);
  writer.bytes(state);
  writer.value(null);
  writer.closeCompound(list, DISPOSITION_FIELDS);
  writer.u32At(start, writer.length - start);
}

/** `info` is always there, if need be empty: the Python client reads the third field of a rejected delivery's error unasked. */
export function fromError(error: AmqpError): Described {
  const info = symbolKeys(Object.entries(error.info ?? {}));
  return new Described(ERROR, [symbol(error.condition), error.description, info]);
}

/** The fields of `open`, in order. */
export function fromOpen(containerId: string, idleTimeoutMs: number, product: string): unknown[] {
  return [
    containerId,
    undefined,
    uint(MAX_FRAME_BYTES),
    ushort(8191),
    uint(idleTimeoutMs),
    undefined,
    undefined,
    undefined,
    undefined,
    symbolKeys([['product', product]]),
  ];
}

function symbolKeys(entries: Iterable<readonly [string, unknown]>): Map<unknown, unknown> {
  return new Map(Array.from(entries, ([key, value]) => [symbol(key), value] as const));
}

function asMap(value: unknown): ReadonlyMap<string, unknown> {
  return value instanceof Map ? (value as Map<string, unknown>) : new Map();
}

function padded(fields: readonly unknown[], fieldCount: number): unknown[] {
  return [...fields, ...Array<undefined>(fieldCount - fields.length)];
}
