/** What the server does by itself: tokens that run out, connections that do nothing, its own end. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AmqpServer, AmqpService, Authorizer, IncomingLink } from '../../../local/amqp/index.ts';
import { startAmqpServer } from '../../../local/amqp/index.ts';
import { VirtualClock } from '../../../local/clock/index.ts';
import { putToken, senderAttach } from './dotnet-client.ts';
import { Peer } from './peer.ts';

let server: AmqpServer;
let clock: VirtualClock;
let tokenLivesMs: number;
let opened: IncomingLink[];

const service: AmqpService = {
  name: 'service-bus',
  owns: () => true,
  hasEntity: () => true,
  openIncoming(link) {
    opened.push(link);
    link.accept({ credit: 10, maxMessageSize: 1000 });
  },
  openOutgoing: (link) => link.accept(),
  manage: () => ({ statusCode: 200 }),
};

const authorizer: Authorizer = {
  verifyToken: () => ({ accepted: true, rights: ['Send'], scope: '', expiresAt: Date.now() + tokenLivesMs }),
  verifyKey: () => ({ accepted: false, error: { condition: 'amqp:unauthorized-access', description: '' } }),
};

beforeEach(async () => {
  clock = new VirtualClock();
  opened = [];
  tokenLivesMs = 60_000;
  server = await startAmqpServer({ port: 0, services: [service], authorizer, clock, log: () => undefined });
});

afterEach(() => server.close());

async function openSender(peer: Peer): Promise<void> {
  await putToken(peer, 0, 'amqp://127.0.0.1/');
  await peer.begin(1);
  peer.send(1, 'attach', senderAttach('/orders'));
  await peer.next('attach', (frame) => frame.channel === 1);
}

describe('tokens', () => {
  test('a link is dropped when its token runs out', async () => {
    tokenLivesMs = 100;
    const peer = await Peer.open(server.port);
    await openSender(peer);
    const detach = await peer.next('detach', (frame) => frame.channel === 1);
    expect(detach.fields.error.condition).toBe('amqp:unauthorized-access');
    expect(opened[0]!.isOpen).toBe(false);
    peer.end();
  });

  test('a right that the token does not give is refused', async () => {
    const peer = await Peer.open(server.port);
    await putToken(peer, 0, 'amqp://127.0.0.1/');
    await peer.begin(1);
    peer.send(1, 'attach', { ...senderAttach('/orders'), role: true });
    const detach = await peer.next('detach', (frame) => frame.channel === 1);
    expect(detach.fields.error.description).toMatch(/'Listen' claim/);
    peer.end();
  });
});

describe('connections that do nothing', () => {
  test('one that puts no token within 20 seconds is closed', async () => {
    const peer = await Peer.open(server.port);
    clock.advanceBy(20_000);
    const close = await peer.next('close');
    expect(close.fields.error.condition).toBe('amqp:connection:forced');
    peer.send(0, 'close', {});
    await peer.closed();
  });

  test('one that has put its token and opens no more links stays for as long as it has one', async () => {
    const peer = await Peer.open(server.port);
    await openSender(peer);
    clock.advanceBy(3_600_000);
    peer.send(1, 'detach', { handle: 0, closed: true });
    await peer.next('detach', (frame) => frame.channel === 1);
    peer.send(0, 'end', {});
    await peer.next('end', (frame) => frame.channel === 0);
    clock.advanceBy(300_000);
    const close = await peer.next('close');
    expect(close.fields.error.description).toMatch(/300000 milliseconds/);
    peer.end();
  });
});

describe('the end', () => {
  test('a server that closes says so to its peers, and links are told', async () => {
    const peer = await Peer.open(server.port);
    await openSender(peer);
    let isTold = false;
    opened[0]!.onClose(() => {
      isTold = true;
    });
    const closing = server.close();
    const close = await peer.next('close');
    expect(close.fields.error.condition).toBe('amqp:connection:forced');
    peer.send(0, 'close', {});
    await closing;
    expect(isTold).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a peer that vanishes takes its links along', async () => {
    const peer = await Peer.open(server.port);
    await openSender(peer);
    const told = new Promise<void>((resolve) => opened[0]!.onClose(resolve));
    peer.end();
    await told;
    expect(opened[0]!.isOpen).toBe(false);
  });
});
