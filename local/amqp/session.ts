import type { AmqpError } from './api.ts';
import { uint, ushort } from './codec/index.ts';
import type { Connection } from './connection.ts';
import { IncomingLinkEnd } from './links/incoming-link.ts';
import type { Link } from './links/link.ts';
import { Delivery, OutgoingLinkEnd } from './links/outgoing-link.ts';
import {
  type AttachFields,
  type AttachReply,
  type Frame,
  fromAttach,
  fromError,
  Performative,
  TRANSFER_HEAD_BYTES,
  toAttach,
  toDisposition,
  toFlow,
  toOutcome,
  writeDisposition,
  writeTransfer,
} from './transport/performatives.ts';

/** How many transfer frames the peer may send before it hears from us again. */
const INCOMING_WINDOW = 65_535;
const OUTGOING_WINDOW = 0x7fff_ffff;
const MAX_HANDLE = 262_143;

interface PendingDisposition {
  readonly weReceive: boolean;
  readonly id: number;
  readonly settled: boolean;
  readonly state: Buffer;
}

/** A session (part 2, section 2.5): the windows of transfer frames, and the links by handle. Our channel is the peer's. */
export class Session {
  readonly connection: Connection;
  readonly channel: number;
  hasCoordinator = false;
  private readonly links = new Map<number, Link>();
  private readonly unsettled = new Map<number, Delivery>();
  private readonly queue: (Delivery | (() => void))[] = [];
  private dispositions: PendingDisposition[] = [];
  private nextDeliveryId = 0;
  private nextOutgoingId = 0;
  private nextIncomingId: number;
  private incomingWindow = INCOMING_WINDOW;
  private remoteWindow: number;
  private isEnded = false;

  constructor(connection: Connection, begin: Frame) {
    this.connection = connection;
    this.channel = begin.channel;
    this.nextIncomingId = begin.fields[1] as number;
    this.remoteWindow = begin.fields[2] as number;
    this.send(Performative.begin, [
      ushort(begin.channel),
      uint(this.nextOutgoingId),
      uint(INCOMING_WINDOW),
      uint(OUTGOING_WINDOW),
      uint(MAX_HANDLE),
    ]);
  }

  get openLinks(): Iterable<Link> {
    return this.links.values();
  }

  receive(frame: Frame): void {
    const { fields } = frame;
    switch (frame.code) {
      case Performative.attach:
        this.receiveAttach(toAttach(fields));
        return;
      case Performative.flow:
        this.receiveFlow(frame);
        return;
      case Performative.transfer:
        this.receiveTransfer(frame);
        return;
      case Performative.disposition:
        this.receiveDisposition(frame);
        return;
      case Performative.detach:
        this.receiveDetach(fields[0] as number);
        return;
      default:
        this.end({ condition: 'amqp:not-implemented', description: `Frame 0x${frame.code?.toString(16)}.` });
        return;
    }
  }

  /** Ends the session, with an error when the peer is at fault. */
  end(error?: AmqpError): void {
    if (this.isEnded) return;
    this.writeDispositions();
    this.send(Performative.end, [error && fromError(error)]);
    this.gone();
    this.connection.sessionEnded(this);
  }

  /** Everything in it is over; nothing more is sent. */
  gone(): void {
    this.isEnded = true;
    const links = [...this.links.values()];
    this.links.clear();
    this.unsettled.clear();
    this.queue.length = 0;
    this.dispositions = [];
    for (const link of links) link.sessionGone();
  }

  sendAttach(reply: AttachReply): void {
    this.send(Performative.attach, fromAttach(reply));
  }

  sendDetach(handle: number, error: AmqpError | undefined): void {
    this.writeDispositions();
    this.send(Performative.detach, [uint(handle), true, error && fromError(error)]);
  }

  sendLinkFlow(handle: number, deliveryCount: number, credit: number, drain: boolean): void {
    this.sendFlow([uint(handle), uint(deliveryCount), uint(credit), undefined, drain || undefined]);
  }

  /** Drops what a closed link has not sent yet, and what it will not settle any more. */
  forget(link: Link): void {
    for (let index = this.queue.length - 1; index >= 0; index--) {
      const item = this.queue[index]!;
      if (typeof item !== 'function' && item.link === link) this.queue.splice(index, 1);
    }
    for (const [id, delivery] of this.unsettled) if (delivery.link === link) this.unsettled.delete(id);
  }

  sendDelivery(link: OutgoingLinkEnd, tag: Buffer, payload: Buffer, isSettled: boolean): Delivery {
    const delivery = new Delivery(this.nextDeliveryId, tag, link, payload, isSettled);
    this.nextDeliveryId = (this.nextDeliveryId + 1) >>> 0;
    if (!isSettled) this.unsettled.set(delivery.id, delivery);
    this.queue.push(delivery);
    this.pump();
    return delivery;
  }

  /** Runs `write` once every transfer that was sent before has left. */
  afterTransfers(write: () => void): void {
    this.queue.push(write);
    this.pump();
  }

  settle(delivery: Delivery, state: Buffer): void {
    if (this.unsettled.get(delivery.id) !== delivery) return;
    this.unsettled.delete(delivery.id);
    if (delivery.link.isOpen) this.queueDisposition(false, delivery.id, state);
  }

  answerUnsettled(delivery: Delivery, state: Buffer): void {
    const isWaiting = this.unsettled.get(delivery.id) === delivery && delivery.link.isOpen;
    if (isWaiting) this.queueDisposition(false, delivery.id, state, false);
  }

  /** Held until the end of the turn, so that neighbours with the same state become one frame. */
  queueDisposition(weReceive: boolean, id: number, state: Buffer, settled = true): void {
    if (this.isEnded) return;
    this.dispositions.push({ weReceive, id, settled, state });
    this.connection.holdDispositions(this);
  }

  writeDispositions(): void {
    const pending = this.dispositions;
    if (pending.length === 0) return;
    this.dispositions = [];
    let first = pending[0]!;
    let last = first;
    for (let index = 1; index <= pending.length; index++) {
      const next = pending[index];
      const continues =
        next !== undefined &&
        next.weReceive === first.weReceive &&
        next.id === (last.id + 1) >>> 0 &&
        next.settled === first.settled &&
        (next.state === first.state || next.state.equals(first.state));
      if (!continues) {
        const { output } = this.connection;
        const { weReceive, id, settled, state } = first;
        if (output) writeDisposition(output, this.channel, weReceive, id, last.id, settled, state);
        if (next) first = next;
      }
      if (next) last = next;
    }
  }

  private receiveAttach(attach: AttachFields): void {
    if (this.links.has(attach.handle)) {
      this.end({ condition: 'amqp:session:handle-in-use', description: `Handle ${attach.handle} is in use.` });
      return;
    }
    const link = attach.peerReceives ? new OutgoingLinkEnd(this, attach) : new IncomingLinkEnd(this, attach);
    this.links.set(attach.handle, link);
    this.connection.openLink(link, attach);
  }

  private receiveFlow(frame: Frame): void {
    const flow = toFlow(frame.fields);
    const inFlight = flow.nextIncomingId === undefined ? 0 : (this.nextOutgoingId - flow.nextIncomingId) >>> 0;
    this.remoteWindow = Math.max(0, flow.incomingWindow - inFlight);
    this.pump();
    if (flow.handle === undefined) {
      if (flow.echo) this.sendFlow([]);
      return;
    }
    const link = this.links.get(flow.handle);
    if (link instanceof OutgoingLinkEnd) link.receiveFlow(flow);
    else if (link instanceof IncomingLinkEnd) {
      if (flow.echo) link.echo();
    } else this.unattached(flow.handle);
  }

  private receiveTransfer(frame: Frame): void {
    this.nextIncomingId = (this.nextIncomingId + 1) >>> 0;
    this.incomingWindow--;
    const handle = frame.fields[0] as number;
    const link = this.links.get(handle);
    if (link instanceof IncomingLinkEnd) link.receive(frame.fields, frame.payload);
    else {
      this.unattached(handle);
      return;
    }
    if (!this.isEnded && this.incomingWindow < INCOMING_WINDOW / 2) {
      this.incomingWindow = INCOMING_WINDOW;
      this.sendFlow([]);
    }
  }

  private receiveDisposition(frame: Frame): void {
    const disposition = toDisposition(frame.fields);
    // What a sender says of its own transfers after we have settled them changes nothing.
    if (!disposition.peerReceives) return;
    const { first, settled } = disposition;
    const count = ((disposition.last - first) >>> 0) + 1;
    const outcome = toOutcome(disposition.state);
    if (!outcome && !settled) return;
    const decide = (delivery: Delivery | undefined) => {
      if (!delivery) return;
      if (settled) this.unsettled.delete(delivery.id);
      delivery.peerDecided(outcome ?? { outcome: 'released' }, settled);
    };
    if (count <= this.unsettled.size * 2) {
      for (let step = 0; step < count; step++) decide(this.unsettled.get((first + step) >>> 0));
    } else {
      for (const delivery of [...this.unsettled.values()]) if ((delivery.id - first) >>> 0 < count) decide(delivery);
    }
  }

  private receiveDetach(handle: number): void {
    const link = this.links.get(handle);
    if (!link) {
      this.unattached(handle);
      return;
    }
    this.links.delete(handle);
    link.peerDetached();
    this.connection.linkClosed();
  }

  private unattached(handle: number): void {
    this.end({ condition: 'amqp:session:unattached-handle', description: `No link has the handle ${handle}.` });
  }

  /** Sends what waits, as far as the peer's window goes; a long message goes in as many frames as it needs. */
  private pump(): void {
    const maxPayload = this.connection.peerMaxFrameSize - TRANSFER_HEAD_BYTES;
    while (this.queue.length > 0) {
      const item = this.queue[0]!;
      if (typeof item === 'function') {
        this.queue.shift();
        item();
        continue;
      }
      if (this.remoteWindow <= 0) return;
      this.sendFragment(item, maxPayload);
      if (item.sentBytes >= item.payload.length) this.queue.shift();
    }
  }

  private sendFragment(delivery: Delivery, maxPayload: number): void {
    const { payload, sentBytes, link } = delivery;
    const end = Math.min(payload.length, sentBytes + maxPayload);
    const isFirst = sentBytes === 0;
    const transfer = {
      handle: link.handle,
      deliveryId: isFirst ? delivery.id : undefined,
      tag: isFirst ? delivery.tag : undefined,
      settled: delivery.isSettled,
      more: end < payload.length,
    };
    const fragment = isFirst && !transfer.more ? payload : payload.subarray(sentBytes, end);
    const { output } = this.connection;
    if (output) writeTransfer(output, this.channel, transfer, fragment);
    delivery.sentBytes = end;
    this.nextOutgoingId = (this.nextOutgoingId + 1) >>> 0;
    this.remoteWindow--;
  }

  private sendFlow(linkFields: readonly unknown[]): void {
    this.send(Performative.flow, [
      uint(this.nextIncomingId),
      uint(this.incomingWindow),
      uint(this.nextOutgoingId),
      uint(OUTGOING_WINDOW),
      ...linkFields,
    ]);
  }

  private send(code: number, fields: readonly unknown[]): void {
    if (!this.isEnded) this.connection.sendFrame(this.channel, code, fields);
  }
}
