import { randomUUID } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startAmqpServer } from '../../../local/amqp/index.ts';
import { createAuthorizer, developmentCertificate } from '../../../local/auth/index.ts';
import { RealClock } from '../../../local/clock/index.ts';
import { createServiceBus } from '../../../local/service-bus/index.ts';
import { startManagement } from '../../../local/service-bus/protocol/http/index.ts';

/** Service Bus with AMQP over WebSockets on its management ports, on real time: the SDK has its own clock. */
async function start() {
  const clock = new RealClock();
  const log = () => undefined;
  const topology = { tier: 'Premium', queues: [], topics: [], authorizationRules: [] } as const;
  const serviceBus = await createServiceBus({
    clock,
    topology,
    namespaceName: 'crossover',
    dataFolder: null,
    newId: randomUUID,
    log,
    createMissing: true,
  });
  const authorizer = createAuthorizer({ namespaceRules: [], entityRules: () => undefined, clock, mode: 'sas' });
  const amqp = await startAmqpServer({ port: 0, services: [serviceBus.amqp], authorizer, clock, log });
  const certificate = await developmentCertificate({ folder: null });
  const management = await startManagement({
    port: 0,
    certificate,
    broker: serviceBus.broker,
    authorizer,
    clock,
    log,
    faults: serviceBus.faults,
    amqpServers: { serviceBus: amqp },
    health: () => true,
  });
  return {
    management,
    ca: certificate.cert,
    async close() {
      await management.close();
      await amqp.close();
      await serviceBus.close();
    },
  };
}

let cloud: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  cloud = await start();
});
afterAll(() => cloud.close());

describe('AMQP over WebSockets', () => {
  it('carries the official client over a secure socket, without the emulator flag', async () => {
    const client = new ServiceBusClient(
      `Endpoint=sb://localhost:${cloud.management.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE`,
      { webSocketOptions: { webSocket: WebSocket, webSocketConstructorOptions: { ca: cloud.ca } } },
    );
    const sender = client.createSender('orders');
    await sender.sendMessages({ body: 'over a web socket' });
    const [message] = await client.createReceiver('orders').receiveMessages(1, { maxWaitTimeInMs: 10_000 });
    expect(message?.body).toBe('over a web socket');
    await client.close();
  });

  it('speaks the subprotocol that the client offers', async () => {
    const socket = new WebSocket(`${cloud.management.url.replace('http', 'ws')}/$servicebus/websocket`, ['AMQPWSB10']);
    await new Promise((opened, failed) => socket.on('open', opened).on('error', failed));
    expect(socket.protocol).toBe('AMQPWSB10');
    const closed = new Promise((done) => socket.on('close', done));
    socket.close();
    await closed;
  });

  it('is found by a client that names it by its whole URI, as the Java client does', async () => {
    const upgrade = request(cloud.management.url, {
      path: 'https://localhost/$servicebus/websocket',
      headers: {
        connection: 'Upgrade,Keep-Alive',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-protocol': 'AMQPWSB10',
      },
    }).end();
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      upgrade
        .on('upgrade', (response, socket) => {
          socket.destroy();
          resolve(response);
        })
        .on('response', (response) => reject(new Error(`Answered with ${response.statusCode}.`)))
        .on('error', reject),
    );
    expect(answer.headers['sec-websocket-protocol']).toBe('AMQPWSB10');
  });

  it('is at its own path and nowhere else', async () => {
    const socket = new WebSocket(`${cloud.management.url.replace('http', 'ws')}/elsewhere`, ['AMQPWSB10']);
    const error = await new Promise<Error>((failed) => socket.on('error', failed));
    expect(error.message).toContain('404');
  });
});
