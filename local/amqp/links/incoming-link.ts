import type { AmqpError, IncomingDelivery, IncomingLink } from '../api.ts';
import { DecodeError } from '../codec/index.ts';
import { State, transactionOf } from '../transport/performatives.ts';
import { Link } from './link.ts';

/** A delivery that is still coming in, frame by frame. */
interface Partial {
  readonly id: number;
  readonly messageFormat: number;
  isSettled: boolean;
  state: unknown;
  readonly chunks: Buffer[];
  bytes: number;
}

/** A link on which the peer sends to us. */
export class IncomingLinkEnd extends Link implements IncomingLink {
  readonly role = 'incoming';
  private maxMessageSize = 0;
  /** How many deliveries may be unsettled at a time. */
  private window = 0;
  private unsettled = 0;
  /** What the peer may still send. */
  private credit = 0;
  private deliveryCount = 0;
  private partial: Partial | undefined;
  private listener: ((delivery: IncomingDelivery) => void | Promise<void>) | undefined;

  accept(options: Parameters<IncomingLink['accept']>[0]): void {
    if (this.state !== 'attaching') return;
    this.state = 'open';
    this.maxMessageSize = options.maxMessageSize;
    this.window = options.credit;
    this.deliveryCount = this.attach.initialDeliveryCount;
    this.answerAttach(false, options);
    this.grant();
  }

  onTransfer(listener: (delivery: IncomingDelivery) => void | Promise<void>): void {
    this.listener = listener;
  }

  addCredit(credit: number): void {
    this.window = Math.max(0, this.window + credit);
    this.grant();
  }

  /** Takes a transfer frame's fields (part 2, section 2.7.5) and its payload. */
  receive(fields: readonly unknown[], payload: Buffer | undefined): void {
    if (this.state !== 'open') return;
    if (!this.partial) {
      if (this.credit <= 0) {
        this.close(TRANSFER_LIMIT_EXCEEDED);
        return;
      }
      this.credit--;
      this.deliveryCount = (this.deliveryCount + 1) >>> 0;
      this.partial = {
        id: fields[1] as number,
        messageFormat: (fields[3] as number | null | undefined) ?? 0,
        isSettled: false,
        state: undefined,
        chunks: [],
        bytes: 0,
      };
    }
    const partial = this.partial;
    if (fields[4] === true) partial.isSettled = true;
    if (fields[7]) partial.state = fields[7];
    if (fields[9] === true) {
      this.partial = undefined;
      this.grant();
      return;
    }
    if (payload) {
      partial.bytes += payload.length;
      // What is too large is counted to its end, not kept.
      if (partial.bytes <= this.maxMessageSize) partial.chunks.push(payload);
      else partial.chunks.length = 0;
    }
    if (fields[5] === true) return;
    this.partial = undefined;
    if (partial.bytes > this.maxMessageSize) this.refuseLarge(partial);
    else this.deliver(partial);
  }

  /** A detach would say the same, but the JavaScript SDK does not connect it with the message that it waits for. */
  private refuseLarge(partial: Partial): void {
    if (partial.isSettled) this.close(this.tooLarge(partial));
    else this.session.queueDisposition(true, partial.id, State.rejected(this.tooLarge(partial)));
    this.grant();
  }

  private deliver(partial: Partial): void {
    this.unsettled++;
    const transactionId = transactionOf(partial.state);
    let isDone = false;
    const settle = (state: () => Buffer) => {
      if (isDone) return;
      isDone = true;
      this.unsettled--;
      if (this.state !== 'open') return;
      if (!partial.isSettled) this.session.queueDisposition(true, partial.id, state());
      this.grant();
    };
    this.handOver({
      messageFormat: partial.messageFormat,
      // A copy: a slice would keep the whole chunk that came off the socket.
      payload: Buffer.concat(partial.chunks, partial.bytes),
      transactionId,
      accept: () => settle(() => State.accepted(transactionId)),
      reject: (error) => settle(() => State.rejected(error, transactionId)),
      release: () => settle(State.released),
      declared: (id) => settle(() => State.declared(id)),
    });
  }

  private handOver(delivery: IncomingDelivery): void {
    try {
      this.listener?.(delivery)?.catch((error: unknown) => this.refuseFor(delivery, error));
    } catch (error) {
      this.refuseFor(delivery, error);
    }
  }

  private refuseFor(delivery: IncomingDelivery, error: unknown): void {
    if (error instanceof DecodeError) {
      delivery.reject({ condition: 'amqp:decode-error', description: error.message });
      return;
    }
    const { log } = this.connection.context;
    log(
      'error',
      'amqp',
      `'${this.address}': ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    delivery.reject({
      condition: 'amqp:internal-error',
      description: 'The service ran into a fault while taking the message.',
    });
  }

  /** Grants credit again once half of the window has been used and settled. */
  private grant(): void {
    if (this.state !== 'open') return;
    const target = this.window - this.unsettled;
    if (target === this.credit) return;
    if (target > this.credit && target - this.credit < this.window / 2) return;
    this.credit = Math.max(0, target);
    this.session.sendLinkFlow(this.handle, this.deliveryCount, this.credit, false);
  }

  /** Answers a flow whose `echo` is set. */
  echo(): void {
    if (this.state === 'open') this.session.sendLinkFlow(this.handle, this.deliveryCount, this.credit, false);
  }

  private tooLarge(partial: Partial): AmqpError {
    return {
      condition: 'amqp:link:message-size-exceeded',
      description:
        `The received message (delivery-id:${partial.id}, size:${partial.bytes} bytes) exceeds the limit ` +
        `(${this.maxMessageSize} bytes) currently allowed on the link.`,
    };
  }
}

const TRANSFER_LIMIT_EXCEEDED: AmqpError = {
  condition: 'amqp:link:transfer-limit-exceeded',
  description: 'A transfer was sent without credit.',
};
