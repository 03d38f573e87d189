import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { submitOrder } from '../../functions/ordering/submit-order.ts';
import { type LocalCloud, startLocalCloud } from '../../local/index.ts';
import { RestockRequested } from '../../shared/messages/restock-requested.ts';
import { type Clients, createClients } from '../../shared/messaging/clients.ts';
import { envelope } from '../../shared/messaging/envelope.ts';
import { createMessaging, type Messaging } from '../../shared/messaging/messaging.ts';
import type { Invocation } from '../../shared/messaging/triggers/handling.ts';
import { onQueue } from '../../shared/messaging/triggers/service-bus.ts';
import { tracedRequest } from '../../shared/observability/tracing.ts';
import { done } from '../../shared/reliability/outcome.ts';
import { readSettings } from '../../shared/settings.ts';
import type { Queue } from '../../shared/topology/service-bus.ts';
import { topology } from '../../shared/topology.ts';
import { keptLog, now } from '../support/app/handling.ts';
import { memoryRows } from '../support/app/memory-rows.ts';
import { shopTopology } from '../support/app/running-shop.ts';

const exported = new InMemorySpanExporter();
let cloud: LocalCloud;
let clients: Clients;
let messaging: Messaging;
let serviceBus: ServiceBusClient;

beforeAll(async () => {
  const spanProcessors = [new SimpleSpanProcessor(exported)];
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  cloud = await startLocalCloud({ topology: shopTopology() });
  const { eventGrid, eventHubs, storage } = cloud.ready;
  const { connectionString } = cloud.ready.serviceBus;
  clients = createClients(
    readSettings({
      AzureWebJobsStorage: storage.connectionString,
      ServiceBusConnection: connectionString,
      EventHubsConnection: eventHubs.connectionString,
      OperationsTopic__topicEndpointUri: eventGrid.topics.operations?.endpoint,
      OperationsTopic__topicKey: eventGrid.topics.operations?.key,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: '2525',
      MAIL_FROM: 'shop@example.com',
      MAIL_TO: 'people@example.com',
    }),
  );
  messaging = createMessaging(clients);
  serviceBus = new ServiceBusClient(connectionString);
});
afterAll(async () => {
  await Promise.all([clients?.close(), serviceBus?.close()]);
  await cloud?.close();
  trace.disable();
  context.disable();
});

/** Takes the next message of a queue, as the host does. */
async function next(queue: Queue): Promise<ServiceBusReceivedMessage> {
  const receiver = queue.requiresSession
    ? await serviceBus.acceptNextSession(queue.name)
    : serviceBus.createReceiver(queue.name);
  const [message] = await receiver.receiveMessages(1);
  if (message) await receiver.completeMessage(message);
  await receiver.close();
  return message as ServiceBusReceivedMessage;
}

/** What the host hands over with a message; it is traced by nobody but us. */
function invocation(message: ServiceBusReceivedMessage): Invocation {
  const { messageId, correlationId, applicationProperties } = message;
  return { ...keptLog(), invocationId: 'i', triggerMetadata: { messageId, correlationId, applicationProperties } };
}

describe('one order is one trace', () => {
  it('given an order that leads to a restocking, then all steps over three services share the trace of the request', async () => {
    const customers = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const body = { customer: 'ada@example.com', lines: [{ product: 'poster-a2', quantity: 2 }] };
    await tracedRequest('submit-order', customers, (traceparent) =>
      submitOrder({ idempotencyKey: 'traced', body, traceparent }, { orders: memoryRows(), messaging, now }),
    );

    const processOrder = onQueue(topology.orders, async (order) => {
      const data = { operationId: 'op-1', material: 'paper', quantity: 1 };
      const restock = envelope(RestockRequested, data, { id: 'restock-1', cause: order });
      await messaging.publish(topology.operations, 'materials/paper', restock);
      return done;
    });
    const order = await next(topology.orders);
    await processOrder.handler(order.body, invocation(order));

    const runOperation = onQueue(topology.operationsCommands, async () => done);
    const command = await next(topology.operationsCommands);
    await runOperation.handler(command.body, invocation(command));

    const spans = exported.getFinishedSpans();
    const byId = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
    const steps = spans.map((span) => [span.name, byId.get(span.parentSpanContext?.spanId ?? '') ?? 'the customer']);
    expect(steps.toSorted()).toEqual(
      [
        ['submit-order', 'the customer'],
        ['send orders', 'submit-order'],
        ['process orders', 'send orders'],
        ['send operations', 'process orders'],
        ['process operations-commands', 'send operations'],
      ].toSorted(),
    );
    expect([...new Set(spans.map((span) => span.spanContext().traceId))]).toEqual(['4bf92f3577b34da6a3ce929d0e0e4736']);
  });

  it('given a handler that fails, then its span says so', async () => {
    exported.reset();
    const { handler } = onQueue(topology.orders, async () => {
      throw new Error('the table is away');
    });
    const body = { orderId: 'o', customer: 'ada@example.com', lines: [{ product: 'poster-a2', quantity: 1 }] };
    const failing = handler(body, { ...keptLog(), invocationId: 'i', triggerMetadata: { messageId: 'm' } });
    await expect(failing).rejects.toThrow('the table is away');
    expect(exported.getFinishedSpans()).toMatchObject([{ name: 'process orders', status: { code: 2 } }]);
  });
});
