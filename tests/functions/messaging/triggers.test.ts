import { describe, expect, it } from 'vitest';
import { AlertRaised } from '../../../shared/messages/alert-raised.ts';
import { BlobCreated } from '../../../shared/messages/blob-created.ts';
import { MakeThumbnails } from '../../../shared/messages/make-thumbnails.ts';
import { PressReadingTaken } from '../../../shared/messages/press-reading-taken.ts';
import { ProcessOrder } from '../../../shared/messages/process-order.ts';
import { onCustomTopic, onSystemTopic } from '../../../shared/messaging/triggers/event-grid.ts';
import { type BatchHandling, onHub, type StreamEvent } from '../../../shared/messaging/triggers/event-hubs.ts';
import type { Invocation } from '../../../shared/messaging/triggers/handling.ts';
import { onQueue } from '../../../shared/messaging/triggers/service-bus.ts';
import { onPoisonQueue, onStorageQueue } from '../../../shared/messaging/triggers/storage-queue.ts';
import { toCloudEvent } from '../../../shared/messaging/wire/event-grid.ts';
import { deadLetter, done, retryLater } from '../../../shared/reliability/outcome.ts';
import { topology } from '../../../shared/topology.ts';
import { example, keptLog } from '../../support/app/handling.ts';

function invoked(triggerMetadata: Record<string, unknown> = {}): Invocation & ReturnType<typeof keptLog> {
  return { ...keptLog(), invocationId: 'i-1', triggerMetadata };
}

describe('a Service Bus trigger', () => {
  const metadata = {
    messageId: 'm-1',
    correlationId: 'c-1',
    applicationProperties: { type: 'ProcessOrder', traceparent: 't' },
  };

  it('given a message, then the handler gets its envelope, and success settles it', async () => {
    const seen: unknown[] = [];
    const { handler, queueName, connection } = onQueue(topology.orders, async (message) => {
      seen.push(message);
      return done;
    });
    await handler(ProcessOrder.example, invoked(metadata));
    expect([connection, queueName]).toEqual(['ServiceBusConnection', 'orders']);
    expect(seen).toMatchObject([{ type: 'ProcessOrder', id: 'm-1', correlationId: 'c-1', traceparent: 't' }]);
  });

  it('given an outcome other than done, or a message that cannot be read, then it fails and says why', async () => {
    const { handler } = onQueue(topology.orders, async () => retryLater('table away'));
    await expect(handler(ProcessOrder.example, invoked(metadata))).rejects.toThrow('table away');
    await expect(handler({}, invoked(metadata))).rejects.toThrow('MalformedMessage: ProcessOrder does not fit');
  });

  it('given a queue that Event Grid fills, then the body is a whole CloudEvent', async () => {
    const seen: string[] = [];
    const { handler } = onQueue(topology.operationsCommands, async (message) => {
      seen.push(`${message.type} ${message.data.operationId}`);
      return done;
    });
    const data = { operationId: 'op-1', material: 'ink', quantity: 3 };
    await handler({ specversion: '1.0', id: 'e', type: 'Operations.RestockRequested', source: '/', data }, invoked());
    expect(seen).toEqual(['Operations.RestockRequested op-1']);
  });
});

describe('a Storage queue trigger', () => {
  it('given a dead letter, then it goes to the poison queue at once and the message is settled', async () => {
    const poison: string[] = [];
    const { handler } = onStorageQueue(
      topology.thumbnailJobs,
      async () => deadLetter('UnreadableImage', 'lake.jpg is damaged.'),
      async ({ id }) => void poison.push(id),
    );
    const invocation = invoked();
    await handler(example(MakeThumbnails), invocation);
    expect(poison).toEqual(['message-1']);
    expect(invocation.lines).toEqual([
      'warn: UnreadableImage: lake.jpg is damaged. The message goes to thumbnail-jobs-poison.',
    ]);
  });

  it('given an entry that is no envelope, then it fails, and the host brings it to the poison queue', async () => {
    const { handler } = onStorageQueue(
      topology.thumbnailJobs,
      async () => done,
      async () => {},
    );
    await expect(handler('hello', invoked())).rejects.toThrow('This is no envelope');
  });

  it('given such an entry in the poison queue, then it is logged and goes no further', async () => {
    const { handler, queueName } = onPoisonQueue(topology.thumbnailJobs, async () => done);
    const invocation = invoked();
    await handler('hello', invocation);
    expect(queueName).toBe('thumbnail-jobs-poison');
    expect(invocation.lines[0]).toContain('It is dropped: "hello"');
  });
});

describe('an Event Grid trigger', () => {
  it('given a CloudEvent of the subscription, then the handler gets it; any other fails', async () => {
    const seen: string[] = [];
    const { handler } = onCustomTopic(topology.operations, 'alerts-to-mail', async ({ data }) => {
      seen.push(data.severity);
      return done;
    });
    const { extensionAttributes, ...event } = toCloudEvent(example(AlertRaised), 'presses/press-3');
    await handler({ specversion: '1.0', ...event, ...extensionAttributes }, invoked());
    expect(seen).toEqual(['high']);
    await expect(handler({ ...event, type: 'Photos.PhotoReady' }, invoked())).rejects.toThrow('MalformedEvent');
  });

  it('given an event of Azure, then the handler gets its subject and data', async () => {
    const seen: string[] = [];
    const { handler } = onSystemTopic(topology.photosCreated, 'to-receive-photo', BlobCreated, async (event) => {
      seen.push(`${event.subject} ${event.data.eTag}`);
      return done;
    });
    const event = { id: 'e', eventType: BlobCreated.type, subject: '/s', data: { ...BlobCreated.example, more: 1 } };
    await handler(event, invoked());
    expect(seen).toEqual([`/s ${BlobCreated.example.eTag}`]);
  });
});

describe('an Event Hubs trigger', () => {
  it('given a batch, then each event has its place, its properties, and what could not be read says so', async () => {
    const seen: StreamEvent<{ data: unknown }>[] = [];
    const handlings: BatchHandling[] = [];
    const { handler, cardinality } = onHub(topology.telemetry, 'anomalies', async (events, handling) => {
      seen.push(...events);
      handlings.push(handling);
    });
    const metadata = {
      partitionContext: { partitionId: '3' },
      sequenceNumberArray: [7, 8],
      propertiesArray: [{ traceparent: 't' }, {}],
    };
    await handler([PressReadingTaken.example, { press: 5 }], invoked(metadata));
    expect(cardinality).toBe('many');
    expect(seen).toMatchObject([
      { position: { partitionId: '3', sequenceNumber: 7 }, received: { ok: true, message: { traceparent: 't' } } },
      { position: { sequenceNumber: 8 }, received: { ok: false }, body: { press: 5 } },
    ]);
    expect(handlings[0]?.isLastAttempt).toBe(false);
    await handler([], { ...invoked(metadata), retryContext: { retryCount: 5, maxRetryCount: 5 } });
    expect(handlings[1]?.isLastAttempt).toBe(true);
  });
});
