import * as amqp from '../amqp/codec/index.ts';
import type { Broker, RefusalName } from './engine/api.ts';
import { toNewMessage } from './protocol/amqp/message-reading.ts';

/** What Event Grid hands over: one event as a message. */
export interface EventMessage {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly messageId: string;
  readonly applicationProperties: Readonly<Record<string, string | number | boolean>>;
}

/** What became of it, in Event Grid's words (event-grid/delivery-and-retry). */
export type DeliverOutcome =
  | { readonly delivered: true }
  | { readonly delivered: false; readonly outcome: DeliveryFailure; readonly reason: string };

export type DeliveryFailure =
  | 'NotFound'
  | 'Disabled'
  | 'Full'
  | 'PayloadTooLarge'
  | 'SessionQueueNotSupported'
  | 'Busy'
  | 'BadRequest';

const FAILURES: Readonly<Partial<Record<RefusalName, DeliveryFailure>>> = {
  'entity-not-found': 'NotFound',
  'entity-disabled': 'Disabled',
  'quota-exceeded': 'Full',
  'message-size-exceeded': 'PayloadTooLarge',
  'session-id-missing': 'SessionQueueNotSupported',
};

/** Stores the message in a queue or topic; resolves when it is durable, or with why it is not stored. */
export function deliverEvent(broker: Broker, entity: string, message: EventMessage): Promise<DeliverOutcome> {
  const content = Buffer.concat([
    amqp.encodeProperties({ messageId: message.messageId, contentType: message.contentType }),
    amqp.encodeApplicationProperties(Object.entries(message.applicationProperties)),
    amqp.encodeDataBody(message.body),
  ]);
  const sent = broker.send(entity, [toNewMessage(content)]);
  if (!sent.ok) {
    const outcome = FAILURES[sent.outcome] ?? 'BadRequest';
    return Promise.resolve({ delivered: false, outcome, reason: sent.detail });
  }
  return new Promise((resolve) => {
    broker.whenDurable((error) => {
      resolve(error ? { delivered: false, outcome: 'Busy', reason: error.message } : { delivered: true });
    });
  });
}
