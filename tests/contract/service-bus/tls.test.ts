import tls from 'node:tls';
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevelopmentCertificate, developmentCertificate } from '../../../local/auth/index.ts';
import { startTestServiceBus, type TestServiceBus } from '../../support/service-bus.ts';

const trustedBefore = tls.getCACertificates('default');
let certificate: DevelopmentCertificate;
let bus: TestServiceBus;

beforeAll(async () => {
  certificate = await developmentCertificate({ folder: null });
  bus = await startTestServiceBus({ topology: { queues: [{ name: 'orders' }] }, tls: async () => certificate });
  // What NODE_EXTRA_CA_CERTS does for a whole process.
  tls.setDefaultCACertificates([...trustedBefore, certificate.cert]);
});
afterAll(async () => {
  tls.setDefaultCACertificates(trustedBefore);
  await bus.close();
});

async function sendAndReceive(connectionString: string, body: string): Promise<unknown> {
  const client = new ServiceBusClient(connectionString);
  try {
    await client.createSender('orders').sendMessages({ body });
    const receiver = client.createReceiver('orders');
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
    await receiver.completeMessage(message!);
    return message?.body;
  } finally {
    await client.close();
  }
}

describe('one port, with and without TLS', () => {
  it('a client that knows of the emulator speaks plain AMQP', async () => {
    expect(await sendAndReceive(bus.connectionString, 'plain')).toBe('plain');
  });

  it('a client without the emulator flag speaks AMQPS to the same port', async () => {
    const withTls = bus.connectionString.replace('UseDevelopmentEmulator=true;', '');
    expect(await sendAndReceive(withTls, 'over TLS')).toBe('over TLS');
  });

  it('a client that does not trust the certificate harms nobody', async () => {
    const socket = tls.connect({ host: 'localhost', port: bus.port, ca: [], servername: 'localhost' });
    await new Promise((failed) => socket.once('error', failed));
    expect(await sendAndReceive(bus.connectionString, 'still there')).toBe('still there');
  });

  it('a connection that ends before its first byte is let go', async () => {
    const { connect } = await import('node:net');
    const socket = connect(bus.port, '127.0.0.1');
    await new Promise<void>((opened) => socket.once('connect', () => opened()));
    const gone = new Promise((closed) => socket.once('close', closed));
    socket.end();
    await gone;
    expect(await sendAndReceive(bus.connectionString, 'still there')).toBe('still there');
  });
});
