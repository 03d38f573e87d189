import type { AmqpError, DeliveryState, OutgoingDelivery, OutgoingLink } from '../api.ts';
import { Described } from '../codec/index.ts';
import type { Session } from '../session.ts';
import { type AttachFields, type FlowFields, State } from '../transport/performatives.ts';
import { Link } from './link.ts';

const UNSETTLED = 0;
const SENDER_SETTLES = 1;

type DispositionListener = (delivery: OutgoingDelivery, state: DeliveryState, settledByPeer: boolean) => void;

/** A message on its way, from {@link OutgoingLinkEnd.send} until it is settled. */
export class Delivery implements OutgoingDelivery {
  readonly id: number;
  readonly tag: Buffer;
  readonly link: OutgoingLinkEnd;
  readonly payload: Buffer;
  readonly isSettled: boolean;
  /** How much of the payload is on the wire. */
  sentBytes = 0;
  private transactionId: Buffer | undefined;
  private outcome: DeliveryState['outcome'] = 'accepted';

  constructor(id: number, tag: Buffer, link: OutgoingLinkEnd, payload: Buffer, isSettled: boolean) {
    this.id = id;
    this.tag = tag;
    this.link = link;
    this.payload = payload;
    this.isSettled = isSettled;
  }

  settle(): void {
    this.link.session.settle(this, State.confirmed(this.outcome, this.transactionId));
  }

  enlist(): void {
    this.link.session.answerUnsettled(this, State.confirmed(this.outcome, this.transactionId));
  }

  fail(error: AmqpError): void {
    this.link.session.settle(this, State.rejected(error, this.transactionId));
  }

  peerDecided(state: DeliveryState, settledByPeer: boolean): void {
    this.transactionId = state.transactionId;
    this.outcome = state.outcome;
    this.link.dispose(this, state, settledByPeer);
  }
}

/** A link on which the peer receives from us. */
export class OutgoingLinkEnd extends Link implements OutgoingLink {
  readonly role = 'outgoing';
  isPreSettled: boolean;
  readonly filters: ReadonlyMap<string, unknown>;
  credit = 0;
  private deliveryCount = 0;
  private isDraining = false;
  private creditListener: ((credit: number, drain: boolean) => void) | undefined;
  private dispositionListener: DispositionListener | undefined;

  constructor(session: Session, attach: AttachFields) {
    super(session, attach);
    this.isPreSettled = attach.sndSettleMode === SENDER_SETTLES;
    const filters = attach.source?.filter ?? new Map<string, unknown>();
    this.filters = new Map(
      Array.from(filters, ([name, value]) => [name, value instanceof Described ? value.value : value] as const),
    );
  }

  /** Where the peer takes the messages: for request and response, the address that requests name in `reply-to`. */
  get targetAddress(): string | undefined {
    return this.attach.target?.address;
  }

  accept(options: Parameters<OutgoingLink['accept']>[0] = {}): void {
    if (this.state !== 'attaching') return;
    this.state = 'open';
    if (options.prefersSettled) this.isPreSettled = this.attach.sndSettleMode !== UNSETTLED;
    this.answerAttach(false, {
      ...options,
      filters: options.filters && this.describedAsAsked(options.filters),
    });
    this.announceCredit();
  }

  onCredit(listener: (credit: number, drain: boolean) => void): void {
    this.creditListener = listener;
    this.announceCredit();
  }

  onDisposition(listener: DispositionListener): void {
    this.dispositionListener = listener;
  }

  drained(): void {
    if (!this.isDraining || this.state !== 'open') return;
    this.isDraining = false;
    this.deliveryCount = (this.deliveryCount + this.credit) >>> 0;
    this.credit = 0;
    const { deliveryCount } = this;
    this.session.afterTransfers(() => this.session.sendLinkFlow(this.handle, deliveryCount, 0, true));
  }

  send(payload: Uint8Array, tag: Buffer): OutgoingDelivery {
    if (this.state !== 'open') throw new Error(`Link '${this.name}' is not open.`);
    if (this.credit <= 0) throw new Error(`Link '${this.name}' has no credit.`);
    this.credit--;
    this.deliveryCount = (this.deliveryCount + 1) >>> 0;
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    return this.session.sendDelivery(this, tag, bytes, this.isPreSettled);
  }

  /** Takes a flow (part 2, section 2.7.4): the peer's view of the delivery count, and what it grants beyond. */
  receiveFlow(flow: FlowFields): void {
    if (this.state === 'detaching' || this.state === 'detached') return;
    const ahead = (this.deliveryCount - (flow.deliveryCount ?? 0)) | 0;
    this.credit = Math.max(0, flow.linkCredit - ahead);
    this.isDraining = flow.drain;
    if (this.state !== 'open') return;
    if (flow.echo && !flow.drain) this.session.sendLinkFlow(this.handle, this.deliveryCount, this.credit, false);
    this.creditListener?.(this.credit, this.isDraining);
  }

  dispose(delivery: Delivery, state: DeliveryState, settledByPeer: boolean): void {
    if (this.state === 'open') this.dispositionListener?.(delivery, state, settledByPeer);
  }

  /** A filter that came described is answered with its descriptor: the Go client takes no other, the JavaScript client sends none. */
  private describedAsAsked(filters: Readonly<Record<string, unknown>>): Map<string, unknown> {
    const asked = this.attach.source?.filter;
    return new Map(
      Object.entries(filters).map(([name, value]) => {
        const given = asked?.get(name);
        return [name, given instanceof Described ? new Described(given.descriptor, value) : value];
      }),
    );
  }

  /** Credit may have come before the service accepted or listened. */
  private announceCredit(): void {
    if (this.state !== 'open' || !this.creditListener || (this.credit === 0 && !this.isDraining)) return;
    queueMicrotask(() => {
      if (this.state === 'open') this.creditListener?.(this.credit, this.isDraining);
    });
  }
}
