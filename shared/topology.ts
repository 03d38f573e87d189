/**
 * THE declaration: every entity of the system, its policy and who consumes it, in ARM's words. `infra/topology.json`, the
 * entities of the local cloud and `docs/topology.md` are made from it (`npm run generate`); tests hold the rest against it.
 */
import { AlertRaised } from './messages/alert-raised.ts';
import { MakeThumbnails } from './messages/make-thumbnails.ts';
import { PhotoReady } from './messages/photo-ready.ts';
import { PhotoRejected } from './messages/photo-rejected.ts';
import { PressReadingTaken } from './messages/press-reading-taken.ts';
import { PressServiceRequested } from './messages/press-service-requested.ts';
import { ProcessOrder } from './messages/process-order.ts';
import { ReadingQuarantined } from './messages/reading-quarantined.ts';
import { RefundOrder } from './messages/refund-order.ts';
import { RestockRequested } from './messages/restock-requested.ts';
import {
  container,
  customTopic,
  endpoint,
  hub,
  queue,
  storageQueue,
  systemTopic,
  table,
  timer,
} from './topology/vocabulary.ts';

const eventGridDeadLetters = container({
  name: 'event-grid-dead-letters',
  holds: 'Events that Event Grid could not deliver, with the reason.',
});

/** Filled by Event Grid: duplicate detection removes its repeats, for their MessageId stays the same. */
const operationsCommands = queue({
  name: 'operations-commands',
  message: [RestockRequested, PressServiceRequested],
  format: 'cloud-event',
  maxDeliveryCount: 5,
  requiresDuplicateDetection: true,
  duplicateDetectionHistoryTimeWindow: 'PT1H',
  consumer: 'run-operation',
  deadLettersTriagedBy: 'triage-dead-letters',
});

/** Ten attempts within an hour: an alert that comes later helps nobody. */
const alertDelivery = {
  retryPolicy: { maxDeliveryAttempts: 10, eventTimeToLiveInMinutes: 60 },
  deadLetter: eventGridDeadLetters,
} as const;

export const topology = {
  // ordering
  submitOrder: endpoint({ name: 'submit-order', method: 'POST', route: 'orders' }),
  getOrder: endpoint({ name: 'get-order', method: 'GET', route: 'orders/{orderId}' }),
  orders: queue({
    name: 'orders',
    message: ProcessOrder,
    requiresSession: true,
    lockDuration: 'PT1M',
    maxDeliveryCount: 5,
    requiresDuplicateDetection: true,
    duplicateDetectionHistoryTimeWindow: 'PT10M',
    consumer: 'process-order',
    deadLettersTriagedBy: 'triage-dead-letters',
  }),
  orderTable: table({ name: 'orders', holds: 'One row an order: its lines and its status.' }),

  // photo-intake
  photos: container({ name: 'photos', holds: 'Photos as customers upload them.' }),
  thumbnails: container({ name: 'thumbnails', holds: '`<photo>/<width>.webp`, made by make-thumbnails.' }),
  photosCreated: systemTopic({
    name: 'photos-created',
    topicType: 'Microsoft.Storage.StorageAccounts',
    eventSubscriptions: {
      'to-receive-photo': {
        destination: { function: 'receive-photo' },
        filter: {
          includedEventTypes: ['Microsoft.Storage.BlobCreated'],
          subjectBeginsWith: '/blobServices/default/containers/photos/',
          advancedFilters: [{ operatorType: 'StringBeginsWith', key: 'data.contentType', values: ['image/'] }],
        },
        deadLetter: eventGridDeadLetters,
      },
    },
  }),
  thumbnailJobs: storageQueue({
    name: 'thumbnail-jobs',
    message: MakeThumbnails,
    consumer: 'make-thumbnails',
    poisonConsumer: 'reject-photo',
  }),
  photoJobs: table({ name: 'photoJobs', holds: 'One row a photo: queued, ready or rejected, and why.' }),

  // idle-queue
  refunds: queue({
    name: 'refunds',
    message: RefundOrder,
    requiresSession: true,
    lockDuration: 'PT1M',
    maxDeliveryCount: 5,
    drainedBy: 'drain-idle-queue',
    deadLettersTriagedBy: 'triage-dead-letters',
  }),
  serviceBusIdle: systemTopic({
    name: 'service-bus-idle',
    topicType: 'Microsoft.ServiceBus.Namespaces',
    eventSubscriptions: {
      'to-drain-idle-queue': {
        destination: { function: 'drain-idle-queue' },
        filter: { includedEventTypes: ['Microsoft.ServiceBus.ActiveMessagesAvailableWithNoListeners'] },
        deadLetter: eventGridDeadLetters,
      },
      'to-triage-dead-letters': {
        destination: { function: 'triage-dead-letters' },
        filter: { includedEventTypes: ['Microsoft.ServiceBus.DeadletterMessagesAvailableWithNoListeners'] },
        deadLetter: eventGridDeadLetters,
      },
    },
  }),
  pollIdleQueue: timer({
    name: 'poll-idle-queue',
    schedule: '0 * * * * *',
    reason: 'A Standard namespace raises no events: there, this looks whether the idle queue has messages.',
  }),
  refundTable: table({ name: 'refunds', holds: 'One row a refund that was paid, by order.' }),
  deadLetterTable: table({ name: 'deadLetters', holds: 'One row a dead letter that a person has to look at.' }),

  // event-routing
  operations: customTopic({
    name: 'operations',
    events: [RestockRequested, PressServiceRequested, AlertRaised, PhotoReady, PhotoRejected],
    eventSubscriptions: {
      'commands-to-queue': {
        destination: operationsCommands,
        filter: { includedEventTypes: [RestockRequested.type, PressServiceRequested.type] },
        deadLetter: eventGridDeadLetters,
      },
      'alerts-to-mail': {
        destination: { function: 'mail-alert' },
        filter: {
          includedEventTypes: [AlertRaised.type],
          advancedFilters: [{ operatorType: 'StringIn', key: 'data.severity', values: ['high', 'critical'] }],
        },
        ...alertDelivery,
      },
      'photos-to-mail': {
        destination: { function: 'mail-photo-outcome' },
        filter: { includedEventTypes: [PhotoReady.type, PhotoRejected.type] },
        ...alertDelivery,
      },
    },
  }),
  operationsCommands,
  operationTable: table({ name: 'operations', holds: 'One row an operation that was run.' }),
  eventGridDeadLetters,

  // telemetry
  telemetry: hub({
    name: 'telemetry',
    message: PressReadingTaken,
    partitionCount: 4,
    messageRetentionInDays: 1,
    consumerGroups: {
      'rolling-average': { consumer: 'average-readings' },
      anomalies: { consumer: 'detect-anomalies' },
    },
  }),
  telemetryAverages: table({ name: 'telemetryAverages', holds: 'One row a press: the average of its last readings.' }),
  pressConditions: table({ name: 'pressConditions', holds: 'One row a press: what detect-anomalies knows of it.' }),
  anomalies: table({ name: 'anomalies', holds: 'One row an anomaly, by press.' }),
  telemetryQuarantine: storageQueue({
    name: 'telemetry-quarantine',
    message: ReadingQuarantined,
    keptFor: 'a person: readings that no handler could read; the stream went on without them.',
  }),

  // reliability
  idempotency: table({ name: 'idempotency', holds: 'One row a piece of work: running or done (shared/reliability).' }),
} as const;
