/** Whatever a peer sends, only that peer feels it. What goes wrong unheard (a rejected promise) fails the run. */
import { connect, createServer, type Socket } from 'node:net';
import { ServiceBusClient } from '@azure/service-bus';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServiceBus, type TestServiceBus } from '../../support/service-bus.ts';
import { openSender, putToken } from './dotnet-client.ts';
import { Peer } from './peer.ts';

let bus: TestServiceBus;
/** All that the SDK's client sent, from its first byte on. */
let session: Buffer;

beforeAll(async () => {
  bus = await startTestServiceBus({
    topology: {
      queues: [{ name: 'orders' }, { name: 'others' }, { name: 'refunds', requiresSession: true }],
      topics: [{ name: 'prices', subscriptions: [{ name: 'all' }] }],
    },
    log: () => {},
  });
  session = await recorded(useEverything);
});
afterAll(() => bus.close());

/** What a client sends through a relay. */
async function recorded(use: (connectionString: string) => Promise<void>): Promise<Buffer> {
  const sent: Buffer[] = [];
  const sockets = new Set<Socket>();
  const relay = createServer((client) => {
    const server = connect(bus.port, '127.0.0.1');
    client.on('data', (bytes) => sent.push(bytes));
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) sockets.add(socket.on('error', () => {}));
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const { port } = relay.address() as { port: number };
  await use(bus.connectionString.replace(`:${bus.port}`, `:${port}`));
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => relay.close(resolve));
  return Buffer.concat(sent);
}

async function useEverything(connectionString: string): Promise<void> {
  const client = new ServiceBusClient(connectionString);
  const sender = client.createSender('orders');
  await sender.sendMessages([{ body: 1, applicationProperties: { a: 1, b: 'x', c: new Date() } }, { body: 'two' }]);
  await sender.scheduleMessages({ body: 3 }, new Date(Date.now() + 3_600_000));
  const receiver = client.createReceiver('orders');
  const [first, second] = await receiver.receiveMessages(2);
  await receiver.renewMessageLock(first!);
  await receiver.deferMessage(first!);
  await receiver.deadLetterMessage(second!, {
    deadLetterReason: 'no',
    deadLetterErrorDescription: 'not this',
  });
  await receiver.receiveDeferredMessages(first!.sequenceNumber!);
  await client.createSender('refunds').sendMessages({ body: 1, sessionId: 'one' });
  const locked = await client.acceptNextSession('refunds');
  await locked.setSessionState({ a: 1 });
  const rules = client.createRuleManager('prices', 'all');
  await rules.createRule('red', { sqlExpression: "color = 'red'" });
  for await (const _ of rules.listRules());
  await client.close();
}

/** Sends it, then says that no more will come, and waits for the end. */
function replay(bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(bus.port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
}

const damaged = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 }),
  cutAt: fc.option(fc.nat(), { nil: undefined }),
  hole: fc.option(fc.tuple(fc.nat(), fc.nat({ max: 64 })), { nil: undefined }),
});

function damage({
  changes,
  cutAt,
  hole,
}: {
  changes: [number, number][];
  cutAt?: number;
  hole?: [number, number];
}): Buffer {
  let bytes = Buffer.from(session);
  // The protocol headers are let through, so that more than the first check is met.
  for (const [at, value] of changes) bytes[24 + (at % (bytes.length - 24))] = value;
  if (hole) {
    const start = hole[0] % bytes.length;
    bytes = Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + hole[1])]);
  }
  return cutAt === undefined ? bytes : bytes.subarray(0, cutAt % bytes.length);
}

test('a session of the SDK, damaged in any way, harms nobody else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(damaged, { minLength: 10, maxLength: 10 }), async (many) => {
      await Promise.all(many.map((one) => replay(damage(one))));
    }),
    { numRuns: 40 },
  );
  const client = new ServiceBusClient(bus.connectionString);
  // Not from the queue of the damaged: what is wrong within a body is between its sender and its reader.
  await client.createSender('others').sendMessages({ body: 'still there' });
  const [message] = await client.createReceiver('others').receiveMessages(1);
  expect(message?.body).toBe('still there');
  await client.close();
});

test.each([
  ['a request', '$cbs'],
  ['a message', 'orders'],
])('%s that cannot be decoded is refused, and the link lives on', async (_, address) => {
  const peer = await Peer.open(bus.port);
  if (address !== '$cbs') await putToken(peer, 0, 'amqp://127.0.0.1/');
  const send = await openSender(peer, 1, address);
  for (let times = 0; times < 2; times += 1) {
    const { fields } = await send(Buffer.from([1, 2, 3]));
    expect(fields.value[4].descriptor.value).toBe(0x25);
    expect(fields.value[4].value[0].value[0].value).toBe('amqp:decode-error');
  }
  peer.end();
});
