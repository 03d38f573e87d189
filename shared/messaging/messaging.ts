import { tracedSending } from '../observability/tracing.ts';
import type { CustomTopic } from '../topology/event-grid.ts';
import type { Hub } from '../topology/event-hubs.ts';
import type { Queue, Topic } from '../topology/service-bus.ts';
import { poisonQueueName, type StorageQueue } from '../topology/storage.ts';
import type { Clients } from './clients.ts';
import type { Envelope, EnvelopeOf, MessagesOf } from './envelope.ts';
import { toCloudEvent } from './wire/event-grid.ts';
import { toEventData } from './wire/event-hubs.ts';
import { toServiceBusMessage } from './wire/service-bus.ts';
import { toQueueText } from './wire/storage-queue.ts';

/** A session queue takes messages only with a session id. */
export type SessionOf<Entity> = Entity extends { readonly requiresSession: true } ? [sessionId: string] : [];

/**
 * Sending, by the entity: what it does not carry does not compile. Each resolves when the service has the message, and
 * rejects with the SDK's error after the SDK's own retries.
 */
export interface Messaging {
  send<To extends Queue | Topic>(to: To, message: EnvelopeOf<MessagesOf<To>>, ...session: SessionOf<To>): Promise<void>;
  enqueue<To extends StorageQueue>(to: To, message: EnvelopeOf<To['message']>): Promise<void>;
  /** Puts a message where the host would have put it after its last attempt. */
  enqueuePoison<To extends StorageQueue>(to: To, message: EnvelopeOf<To['message']>): Promise<void>;
  publish<To extends CustomTopic>(to: To, subject: string, event: EnvelopeOf<To['events'][number]>): Promise<void>;
  /** Events of one key stay in order, in one partition. */
  stream<To extends Hub>(to: To, partitionKey: string, events: readonly EnvelopeOf<To['message']>[]): Promise<void>;
}

export function createMessaging(clients: Clients): Messaging {
  const senders = new Map<string, Promise<{ sendMessages(message: unknown): Promise<void> }>>();
  const senderTo = (name: string) => {
    const known = senders.get(name);
    if (known) return known;
    const sender = clients.serviceBus().then((client) => client.createSender(name) as never);
    senders.set(name, sender);
    sender.catch(() => senders.delete(name));
    return sender;
  };
  const enqueue = (queueName: string, message: Envelope) =>
    tracedSending({ system: 'azure_storage_queue', entity: queueName }, message, async (traced) => {
      const queue = await clients.queue(queueName);
      await queue.sendMessage(toQueueText(traced));
    });
  return {
    send: (to, message: Envelope, ...[sessionId]: readonly string[]) =>
      tracedSending({ system: 'servicebus', entity: to.name }, message, async (traced) => {
        const sender = await senderTo(to.name);
        await sender.sendMessages(toServiceBusMessage(traced, sessionId));
      }),
    enqueue: (to, message: Envelope) => enqueue(to.name, message),
    enqueuePoison: (to, message: Envelope) => enqueue(poisonQueueName(to.name), message),
    publish: (to, subject, event: Envelope<string, unknown>) =>
      tracedSending({ system: 'eventgrid', entity: to.name }, event, async (traced) => {
        const publisher = await clients.eventGrid();
        await publisher.send([toCloudEvent(traced, subject)]);
      }),
    async stream(to, partitionKey, events: readonly Envelope[]) {
      const producer = await clients.eventHub(to.name);
      await producer.sendBatch(events.map(toEventData), { partitionKey });
    },
  };
}
