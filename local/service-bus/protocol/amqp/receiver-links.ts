import type { AmqpError, DeliveryState, OutgoingDelivery, OutgoingLink } from '../../../amqp/api.ts';
import { long } from '../../../amqp/codec/index.ts';
import type { Delivery, Receiver, ReceiverLossReason, ReceiverOptions } from '../../engine/api.ts';
import { lockLost } from '../../engine/refusals.ts';
import { errorFor, type ProtocolContext, struck, traced, transactionOn, whenDurable } from './context.ts';
import { DelayedSends } from './delayed-sends.ts';
import type { EnlistedDeliveries } from './enlisted-deliveries.ts';
import { fromDeliveryTag, toDeliveryTag } from './lock-token.ts';
import { writeMessage } from './message-writing.ts';
import { toSettlement } from './settlement.ts';

const SESSION_FILTER = 'com.microsoft:session-filter';
const RECEIVER_NAME = 'com.microsoft:receiver-name';
const TIMEOUT = 'com.microsoft:timeout';
const LOCKED_UNTIL = 'com.microsoft:locked-until-utc';
/** For clients that do not say how long they wait for a session; .NET's default. */
const DEFAULT_SESSION_TIMEOUT_MS = 60_000;

/** Opens a link on which a client receives; for a session that is not free yet, when it is. */
export function openReceiverLink(context: ProtocolContext, link: OutgoingLink, enlisted: EnlistedDeliveries): void {
  const path = link.address;
  context.ensureEntity?.(path, 'receiver');
  struck(context, path, 'attach', (error) => {
    if (error) link.refuse(error);
    else new ReceiverLink(context, link, path, enlisted).open();
  });
}

class ReceiverLink {
  private readonly context: ProtocolContext;
  private readonly link: OutgoingLink;
  private readonly path: string;
  private readonly enlisted: EnlistedDeliveries;
  private readonly delayed: DelayedSends;
  private receiver: Receiver | undefined;

  constructor(context: ProtocolContext, link: OutgoingLink, path: string, enlisted: EnlistedDeliveries) {
    this.context = context;
    this.link = link;
    this.path = path;
    this.enlisted = enlisted;
    this.delayed = new DelayedSends(context, path, link);
  }

  open(): void {
    const { context, link, path } = this;
    const session = link.filters.get(SESSION_FILTER) ?? '';
    if (typeof session !== 'string') {
      link.refuse(traced(context, NO_SESSION_ID, path));
      return;
    }
    const name = link.properties.get(RECEIVER_NAME);
    const options: ReceiverOptions = {
      mode: link.isPreSettled ? 'receive-and-delete' : 'peek-lock',
      identifier: typeof name === 'string' ? name : link.name,
      ...this.session(),
      deliver: (delivery) => this.deliver(delivery),
      onLost: (reason) => this.lost(reason),
    };
    const pending = context.broker.openReceiver(path, options, (opened) => {
      if (opened.ok) this.start(opened.receiver);
      else link.refuse(errorFor(context, opened, link.connection));
    });
    link.onClose(() => {
      pending.cancel();
      this.receiver?.close();
    });
  }

  private session(): Pick<ReceiverOptions, 'session'> {
    const { filters, properties } = this.link;
    if (!filters.has(SESSION_FILTER)) return {};
    const id = filters.get(SESSION_FILTER);
    if (typeof id === 'string') return { session: { id } };
    const timeoutMs = properties.get(TIMEOUT);
    return {
      session: { next: true, timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : DEFAULT_SESSION_TIMEOUT_MS },
    };
  }

  private start(receiver: Receiver): void {
    const { link } = this;
    this.receiver = receiver;
    if (receiver.sessionId === undefined) link.accept();
    else {
      link.accept({
        filters: { [SESSION_FILTER]: receiver.sessionId },
        properties: { [LOCKED_UNTIL]: long(toTicks(receiver.sessionLockedUntil ?? 0)) },
      });
    }
    link.onCredit((credit, drain) => {
      receiver.setCredit(Math.max(0, credit - this.delayed.count));
      if (!drain) return;
      receiver.drain();
      this.delayed.afterwards(() => link.drained());
    });
    link.onDisposition((delivery, state, settledByPeer) => {
      struck(this.context, this.path, 'settle', (error) => {
        if (error) delivery.fail(error);
        else this.settle(delivery, state, settledByPeer);
      });
    });
  }

  private deliver({ message, lockToken, lockedUntil }: Delivery): void {
    // A message that was received and deleted has no lock, and an empty tag (live test of azure-servicebus, test_message).
    const tag = lockToken === undefined ? NO_LOCK : toDeliveryTag(lockToken);
    this.delayed.send(writeMessage(message, { lockedUntil, lockToken }), tag);
  }

  private settle(delivery: OutgoingDelivery, state: DeliveryState, settledByPeer: boolean): void {
    const { context, link, path } = this;
    const lockToken = fromDeliveryTag(delivery.tag);
    const inTransaction = transactionOn(link.connection, state.transactionId);
    const settled = lockToken
      ? context.broker.settle(path, lockToken, toSettlement(state), inTransaction)
      : lockLost(path);
    if (settledByPeer) return;
    if (!settled.ok) {
      delivery.fail(errorFor(context, settled, link.connection));
      return;
    }
    const { transaction } = inTransaction;
    if (transaction) {
      this.enlisted.add(link.connection, transaction.transactionId, delivery);
      delivery.enlist();
      return;
    }
    whenDurable(context, (error) => {
      if (error) delivery.fail(error);
      else delivery.settle();
    });
  }

  private lost(reason: ReceiverLossReason): void {
    this.link.close(traced(this.context, LOSSES[reason](this.path, this.link.connection.hostname), this.path));
  }
}

/** That it is refused is Azure's (live test of azure-servicebus, test_sessions); the condition and the words are ours. */
const NO_SESSION_ID: AmqpError = {
  condition: 'amqp:invalid-field',
  description: 'The session filter must be a string, or null for the next session that is available.',
};

const NO_LOCK = Buffer.alloc(0);

/** .NET ticks: 100 ns units since the year 1. */
export function toTicks(instant: number): bigint {
  return BigInt(Math.trunc(instant)) * 10_000n + 621_355_968_000_000_000n;
}

const LOSSES: Readonly<Record<ReceiverLossReason, (path: string, host: string) => AmqpError>> = {
  'session-lock-lost': () => ({
    condition: 'com.microsoft:session-lock-lost',
    description: 'The session lock has expired on the MessageSession. Accept a new MessageSession.',
  }),
  'entity-deleted': (path, host) => ({
    condition: 'amqp:not-found',
    description: `The messaging entity 'sb://${host}/${path}' could not be found.`,
  }),
  'entity-disabled': (path) => ({
    condition: 'com.microsoft:entity-disabled',
    description: `The messaging entity '${path}' is currently disabled.`,
  }),
  'forwarding-enabled': () => ({
    condition: 'amqp:not-allowed',
    description: 'Cannot create a message receiver on an entity with auto-forwarding enabled.',
  }),
  detached: (path) => ({
    condition: 'amqp:link:detach-forced',
    description: `The link to '${path}' is force detached by the broker.`,
  }),
};
