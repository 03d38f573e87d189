import type { AmqpError, IncomingDelivery, IncomingLink } from '../../../amqp/api.ts';
import { DecodeError, readDataSections, uint } from '../../../amqp/codec/index.ts';
import type { TimerId } from '../../../clock/clock.ts';
import type { NewMessage } from '../../engine/api.ts';
import { errorFor, type ProtocolContext, struck, traced, transactionOn, whenDurable } from './context.ts';
import { toNewMessage } from './message-reading.ts';

/** A transfer whose data sections are messages of their own (Microsoft's extension to AMQP). */
export const BATCH_FORMAT = 0x8001_3700;

/** Names the queue or topic that messages are for, on a link whose target is the entity they pass through. */
const TRANSFER_DESTINATION = 'com.microsoft:transfer-destination-address';
const MAX_BATCH_SIZE_PROPERTY = 'com.microsoft:max-message-batch-size';

/** Batches are limited to 1 MB in every tier (service-bus-quotas). */
const MAX_BATCH_BYTES = 1_048_576;
const CREDIT = 1000;
/** A publisher that sends nothing for so long is detached (service-bus-amqp-troubleshoot). */
const IDLE_PUBLISHER_MS = 600_000;

/** Opens a link on which a client sends to a queue or topic; what is in a transaction goes by way of `group` where that is given. */
export function openSenderLink(context: ProtocolContext, link: IncomingLink, group: string | undefined): void {
  const destination = link.properties.get(TRANSFER_DESTINATION);
  const via = typeof destination === 'string' ? link.address : undefined;
  const path = via === undefined ? link.address : (destination as string);
  context.ensureEntity?.(path, 'sender');
  const opened = context.broker.openSender(path, via === undefined ? {} : { via });
  if (!opened.ok) {
    link.refuse(errorFor(context, opened, link.connection));
    return;
  }
  struck(context, opened.path, 'attach', (error) => {
    if (error) return link.refuse(error);
    accept(context, link, { path: opened.path, via, viaInTransaction: via ?? group }, opened.maxMessageBytes);
  });
}

/** Where a link's messages go, and by way of which entity. */
interface Way {
  readonly path: string;
  readonly via: string | undefined;
  readonly viaInTransaction: string | undefined;
}

function accept(context: ProtocolContext, link: IncomingLink, way: Way, maxMessageBytes: number): void {
  const { path } = way;
  const isStarved = context.faults.isStarved(path);
  link.accept({
    maxMessageSize: maxMessageBytes,
    credit: isStarved ? 0 : CREDIT,
    properties: { [MAX_BATCH_SIZE_PROPERTY]: uint(Math.min(maxMessageBytes, MAX_BATCH_BYTES)) },
  });
  if (isStarved) feedOnceAllowed(context, link, path);
  const idle = watchIdle(context, link, path);
  link.onTransfer((delivery) => {
    idle.used();
    struck(context, path, 'send', (error) => {
      if (error) delivery.reject(error);
      else take(context, link, way, delivery);
    });
  });
}

function take(context: ProtocolContext, link: IncomingLink, way: Way, delivery: IncomingDelivery): void {
  const messages = readMessages(delivery);
  if (!Array.isArray(messages)) {
    delivery.reject(messages);
    return;
  }
  const inTransaction = transactionOn(link.connection, delivery.transactionId);
  const via = inTransaction.transaction ? way.viaInTransaction : way.via;
  const sent = context.broker.send(way.path, messages, { ...inTransaction, ...(via === undefined ? {} : { via }) });
  if (!sent.ok) {
    delivery.reject(errorFor(context, sent, link.connection));
    return;
  }
  // What a transaction holds is stored when it is committed, and acknowledged as durable then.
  if (inTransaction.transaction) {
    delivery.accept();
    return;
  }
  whenDurable(context, (error) => {
    if (error) delivery.reject(traced(context, error, way.path));
    else delivery.accept();
  });
}

function readMessages(delivery: IncomingDelivery): NewMessage[] | AmqpError {
  try {
    if (delivery.messageFormat !== BATCH_FORMAT) return [toNewMessage(delivery.payload)];
    return readDataSections(delivery.payload).map(toNewMessage);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { condition: 'amqp:decode-error', description: error.message };
  }
}

/** Holds credit back for as long as a fault says so. */
function feedOnceAllowed(context: ProtocolContext, link: IncomingLink, path: string): void {
  const stop = context.faults.onCreditReleased(() => {
    if (context.faults.isStarved(path)) return;
    stop();
    link.addCredit(CREDIT);
  });
  link.onClose(stop);
}

function watchIdle(context: ProtocolContext, link: IncomingLink, path: string): { used(): void } {
  const { clock } = context;
  let lastUsedAt = clock.now();
  let timer: TimerId;
  const arm = () => {
    timer = clock.setTimer(lastUsedAt + IDLE_PUBLISHER_MS, () => {
      if (clock.now() - lastUsedAt < IDLE_PUBLISHER_MS) return arm();
      const error = {
        condition: 'amqp:link:detach-forced',
        description:
          `The link '${link.name}' is force detached. Code: publisher(link). ` +
          'Details: AmqpMessagePublisher.IdleTimerExpired: Idle timeout: 00:10:00.',
      };
      link.close(traced(context, error, path));
    });
  };
  arm();
  link.onClose(() => clock.clearTimer(timer));
  return {
    used() {
      lastUsedAt = clock.now();
    },
  };
}
