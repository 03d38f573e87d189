/**
 * What must not compile. Each `@ts-expect-error` is a test of its own: where the line below it does compile, the compiler
 * complains about the comment, and `tsc --build` fails.
 */
import { expect, it } from 'vitest';
import { AlertRaised } from '../../../shared/messages/alert-raised.ts';
import { BlobCreated } from '../../../shared/messages/blob-created.ts';
import type { MakeThumbnails } from '../../../shared/messages/make-thumbnails.ts';
import { ProcessOrder } from '../../../shared/messages/process-order.ts';
import { RefundOrder } from '../../../shared/messages/refund-order.ts';
import { RestockRequested } from '../../../shared/messages/restock-requested.ts';
import { type Cause, type EnvelopeOf, envelope } from '../../../shared/messaging/envelope.ts';
import type { Messaging } from '../../../shared/messaging/messaging.ts';
import { onCustomTopic, onSystemTopic } from '../../../shared/messaging/triggers/event-grid.ts';
import { onHub } from '../../../shared/messaging/triggers/event-hubs.ts';
import { onQueue, onSubscription } from '../../../shared/messaging/triggers/service-bus.ts';
import { onStorageQueue } from '../../../shared/messaging/triggers/storage-queue.ts';
import { done, type Outcome } from '../../../shared/reliability/outcome.ts';
import { customTopic, hub, queue, systemTopic, topic } from '../../../shared/topology/vocabulary.ts';
import { topology } from '../../../shared/topology.ts';

const handleOrder = async (_: EnvelopeOf<typeof ProcessOrder>): Promise<Outcome> => done;
const handleRefund = async (_: EnvelopeOf<typeof RefundOrder>): Promise<Outcome> => done;
const handleJob = async (_: EnvelopeOf<typeof MakeThumbnails>): Promise<Outcome> => done;
const handleAlert = async (_: EnvelopeOf<typeof AlertRaised>): Promise<Outcome> => done;

const printing = topic({
  name: 'order-events',
  message: ProcessOrder,
  subscriptions: { printing: { consumer: 'print' } },
});
const cause: Cause = { id: 'c', correlationId: 'c', traceparent: undefined };
const order = envelope(ProcessOrder, ProcessOrder.example, { id: 'm', cause });
const restock = envelope(RestockRequested, RestockRequested.example, { id: 'm', cause });
const refund = envelope(RefundOrder, RefundOrder.example, { id: 'm', cause });

/** Never called: it only has to compile, and the marked lines must not. */
async function mistakes(messaging: Messaging): Promise<void> {
  // A misspelt entity, subscription, consumer group.
  // @ts-expect-error
  topology.refundz;
  // @ts-expect-error
  onSubscription(printing, 'printng', handleOrder);
  // @ts-expect-error
  onCustomTopic(topology.operations, 'alerts-to-male', handleAlert);
  // @ts-expect-error
  onHub(topology.telemetry, 'anomaly', async () => {});

  // A handler for the wrong message.
  // @ts-expect-error
  onQueue(topology.orders, handleRefund);
  // @ts-expect-error
  onSubscription(printing, 'printing', handleRefund);
  // @ts-expect-error
  onStorageQueue(topology.thumbnailJobs, handleOrder, async () => {});
  // @ts-expect-error: this subscription lets photos through, not alerts
  onCustomTopic(topology.operations, 'photos-to-mail', handleAlert);
  // @ts-expect-error: no blob is created in Service Bus
  onSystemTopic(topology.serviceBusIdle, 'to-drain-idle-queue', BlobCreated, async () => done);

  // A trigger on a queue that nobody may listen to, or the queue would never be idle.
  // @ts-expect-error
  onQueue(topology.refunds, handleRefund);

  // A message that the entity does not carry; a session queue without its session, another with one.
  // @ts-expect-error
  await messaging.send(topology.orders, refund);
  // @ts-expect-error
  await messaging.send(topology.refunds, refund);
  // @ts-expect-error
  await messaging.send(topology.operationsCommands, restock, 'a-session');
  // @ts-expect-error
  await messaging.publish(topology.operations, 'orders/1', order);
  // @ts-expect-error
  await messaging.enqueue(topology.telemetryQuarantine, order);
  // @ts-expect-error
  envelope(ProcessOrder, { orderId: 'o' }, { id: 'm', cause });

  // A declaration that cannot be: no reader, two readers, a property that ARM has not, an event that the topic does not carry.
  // @ts-expect-error
  queue({ name: 'q', message: ProcessOrder });
  // @ts-expect-error
  queue({ name: 'q', message: ProcessOrder, consumer: 'a', drainedBy: 'b' });
  // @ts-expect-error
  queue({ name: 'q', message: ProcessOrder, consumer: 'a', lockDuration: '60 s' });
  // @ts-expect-error
  queue({ name: 'q', message: ProcessOrder, consumer: 'a', maxDeliverCount: 5 });
  // @ts-expect-error
  hub({ name: 'h', message: ProcessOrder, partitions: 2, messageRetentionInDays: 1, consumerGroups: {} });
  const wrongFilter = {
    destination: { function: 'f' },
    filter: { includedEventTypes: ['Photos.PhotoReady'] },
  } as const;
  // @ts-expect-error
  customTopic({ name: 't', events: [AlertRaised], eventSubscriptions: { s: wrongFilter } });
  // @ts-expect-error
  systemTopic({ name: 't', topicType: 'Microsoft.Storage.StorageAccounts', eventSubscriptions: { s: wrongFilter } });
}

/** The right ones compile. */
async function rightOnes(messaging: Messaging): Promise<void> {
  onQueue(topology.orders, handleOrder);
  onSubscription(printing, 'printing', handleOrder);
  onStorageQueue(topology.thumbnailJobs, handleJob, async () => {});
  onCustomTopic(topology.operations, 'alerts-to-mail', handleAlert);
  await messaging.send(topology.operationsCommands, restock);
  await messaging.send(topology.refunds, refund, 'o-1');
}

it('the compiler refuses every mistake above', () => {
  expect([mistakes, rightOnes]).toHaveLength(2);
});
