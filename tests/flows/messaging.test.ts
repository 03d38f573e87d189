import { EventHubConsumerClient } from '@azure/event-hubs';
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../local/index.ts';
import { PressReadingTaken } from '../../shared/messages/press-reading-taken.ts';
import { RefundOrder } from '../../shared/messages/refund-order.ts';
import { createClaimChecks } from '../../shared/messaging/claim-check.ts';
import { type Clients, createClients } from '../../shared/messaging/clients.ts';
import { createDeadLetters, type DeadLetter } from '../../shared/messaging/dead-letters.ts';
import { createIdleQueue } from '../../shared/messaging/idle-queue.ts';
import { createMessaging, type Messaging } from '../../shared/messaging/messaging.ts';
import { fromServiceBus } from '../../shared/messaging/wire/service-bus.ts';
import { readSettings } from '../../shared/settings.ts';
import { topology } from '../../shared/topology.ts';
import { example } from '../support/app/handling.ts';
import { shopTopology } from '../support/app/running-shop.ts';

let cloud: LocalCloud;
let clients: Clients;
let messaging: Messaging;
/** Another's connection, so that what is checked is not our own view of it. */
let serviceBus: ServiceBusClient;

beforeAll(async () => {
  cloud = await startLocalCloud({ topology: shopTopology() });
  const { storage, eventHubs, eventGrid, mail } = cloud.ready;
  const { connectionString } = cloud.ready.serviceBus;
  clients = createClients(
    readSettings({
      AzureWebJobsStorage: storage.connectionString,
      ServiceBusConnection: connectionString,
      EventHubsConnection: eventHubs.connectionString,
      OperationsTopic__topicEndpointUri: eventGrid.topics.operations?.endpoint,
      OperationsTopic__topicKey: eventGrid.topics.operations?.key,
      SMTP_HOST: mail?.host,
      SMTP_PORT: String(mail?.port),
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
});

const refund = (refundId: string, orderId: string) => example(RefundOrder, { refundId, orderId }, refundId);

describe('messaging, over the wire', () => {
  it('given a refund, when it is sent, then its ids and its session stand where Service Bus has them', async () => {
    await messaging.send(topology.refunds, refund('r-1', 'o-1'), 'o-1');
    const session = await serviceBus.acceptSession('refunds', 'o-1');
    const [message] = await session.receiveMessages(1);
    expect(message).toMatchObject({
      messageId: 'r-1',
      correlationId: 'the-transaction',
      subject: 'RefundOrder',
      sessionId: 'o-1',
      applicationProperties: { type: 'RefundOrder', causationId: 'the-cause' },
      body: { refundId: 'r-1', orderId: 'o-1' },
    });
    await session.completeMessage(message!);
    await session.close();
  });

  it('given events of one press, when they are streamed, then they lie in one partition, in order', async () => {
    const events = [1, 2, 3].map((temperatureInCelsius) => example(PressReadingTaken, { temperatureInCelsius }));
    await messaging.stream(topology.telemetry, 'press-3', events);
    const consumer = new EventHubConsumerClient(
      '$Default',
      cloud.ready.eventHubs.connectionString,
      topology.telemetry.name,
    );
    const found = Promise.withResolvers<{ partitionId: string; temperature: unknown }[]>();
    const seen: { partitionId: string; temperature: unknown }[] = [];
    const subscription = consumer.subscribe(
      {
        async processEvents(received, { partitionId }) {
          seen.push(...received.map(({ body }) => ({ partitionId, temperature: body.temperatureInCelsius })));
          if (seen.length === 3) found.resolve(seen);
        },
        processError: async (error) => found.reject(error),
      },
      { startPosition: { offset: '-1' } },
    );
    const read = await found.promise;
    await subscription.close();
    await consumer.close();
    expect(new Set(read.map(({ partitionId }) => partitionId)).size).toBe(1);
    expect(read.map(({ temperature }) => temperature)).toEqual([1, 2, 3]);
  });

  it('given a session with state, then a drain reads it, takes what is there in order, and waits for nothing', async () => {
    const refunds = createIdleQueue(topology.refunds, () => clients.drain());
    for (const id of ['r-2', 'r-3', 'r-4']) await messaging.send(topology.refunds, refund(id, 'o-2'), 'o-2');
    const session = await refunds.acceptNextSession();
    expect(session?.sessionId).toBe('o-2');
    expect(await session?.readState()).toBeUndefined();
    const messages = (await session?.receive(20)) ?? [];
    expect(messages.map(({ received }) => received.ok && received.message.data.refundId)).toEqual([
      'r-2',
      'r-3',
      'r-4',
    ]);
    await messages[0]?.complete();
    await messages[1]?.deadLetter('Wrong', 'It is wrong.');
    await messages[2]?.abandon();
    await session?.writeState({ lastSequenceNumber: 7 });
    await session?.close();

    const again = await refunds.acceptNextSession();
    expect(await again?.readState()).toEqual({ lastSequenceNumber: 7 });
    const [left, ...more] = (await again?.receive(20)) ?? [];
    expect(left?.received).toMatchObject({ message: { id: 'r-4' } });
    expect(more).toEqual([]);
    await left?.complete();
    expect(await again?.receive(20)).toEqual([]);
    await again?.close();
  });

  it('given no session with messages, then a drain is told so within seconds', async () => {
    const refunds = createIdleQueue(topology.refunds, () => clients.drain());
    expect(await refunds.acceptNextSession()).toBeUndefined();
  });

  it('given a dead letter, when it is sent back, then it is the same message, with one more on its count', async () => {
    const letters: DeadLetter[] = [];
    await createDeadLetters(() => clients.serviceBus()).forEach(
      'refunds',
      () => false,
      async (letter) => {
        letters.push(letter);
        await letter.resubmit();
        await letter.remove();
      },
    );
    expect(letters).toMatchObject([
      { messageId: 'r-3', reason: 'Wrong', description: 'It is wrong.', resubmissions: 0 },
    ]);
    const session = await serviceBus.acceptSession('refunds', 'o-2');
    const [message] = await session.receiveMessages(1);
    expect(message).toMatchObject({
      body: { refundId: 'r-3' },
      applicationProperties: { type: 'RefundOrder', resubmissions: 1, originalMessageId: 'r-3' },
    });
    // Duplicate detection would drop a second message of the same id.
    expect(message?.messageId).not.toBe('r-3');
    expect(fromServiceBus(RefundOrder, 'properties', message?.body, message ?? {})).toMatchObject({
      message: { id: 'r-3', correlationId: 'the-transaction' },
    });
    expect(message?.applicationProperties).not.toHaveProperty('DeadLetterReason');
    await session.completeMessage(message!);
    await session.close();
  });

  it('given a claim check, then it is worth its blob until that is replaced', async () => {
    const claimChecks = createClaimChecks((name) => clients.container(name));
    await claimChecks.write('photos', 'a/b.jpg', Buffer.from('first'), 'image/jpeg');
    const blob = (await clients.container('photos')).getBlobClient('a/b.jpg');
    const { etag = '', contentType } = await blob.getProperties();
    const reference = { container: 'photos', name: 'a/b.jpg', eTag: etag.replaceAll('"', '') };
    const found = await claimChecks.redeem(reference);
    expect([contentType, found.outcome === 'found' && found.bytes.toString()]).toEqual(['image/jpeg', 'first']);
    await claimChecks.write('photos', 'a/b.jpg', Buffer.from('second'), 'image/jpeg');
    expect(await claimChecks.redeem(reference)).toEqual({ outcome: 'superseded' });
    expect(await claimChecks.redeem({ ...reference, name: 'none' })).toEqual({ outcome: 'superseded' });
  });
});
