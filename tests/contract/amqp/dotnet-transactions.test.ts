/** Transactions as Azure.Messaging.ServiceBus makes them: on one entity, and over several on one AMQP session. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestServiceBus, type TestServiceBus } from '../../support/service-bus.ts';
import { creditFlow, openSender, putToken, receiverAttach, senderAttach } from './dotnet-client.ts';
import { coordinator, described, encodedBody, message, Peer, type PeerFrame, source, types } from './peer.ts';

const CHANNEL = 5;

let bus: TestServiceBus;
let peer: Peer;
let send: Awaited<ReturnType<typeof openSender>>;
let controlled = 0;

beforeEach(async () => {
  bus = await startTestServiceBus({
    topology: {
      queues: [{ name: 'orders' }, { name: 'archive' }],
      topics: [{ name: 'events', subscriptions: [{ name: 'all' }] }],
    },
  });
  peer = await Peer.open(bus.port);
  await putToken(peer, 0, 'amqp://127.0.0.1/');
  send = await openSender(peer, 1, '/orders');
});

afterEach(async () => {
  peer.end();
  await bus.close();
});

const outcomeOf = (frame: PeerFrame): number => frame.fields.value[4].descriptor.value;
/** The outcome inside a transactional state. */
const innerOutcomeOf = (frame: PeerFrame): number => frame.fields.value[4].value[1].descriptor.value;
const text = (id: string): Buffer => message.encode({ message_id: id, body: id });
const nextOn = (name: string, channel: number) => peer.next(name, (frame) => frame.channel === channel);
const count = (path = 'orders') => {
  const counts = bus.serviceBus.broker.counts(path);
  return counts.ok ? counts.active : -1;
};

async function receive(): Promise<void> {
  await peer.begin(2);
  peer.write(Peer.encode(2, 'attach', receiverAttach('/orders')), Peer.encode(2, 'flow', creditFlow(1)));
  await nextOn('attach', 2);
  await nextOn('transfer', 2);
}

async function dispose(state: unknown): Promise<PeerFrame> {
  peer.send(2, 'disposition', { role: true, first: 0, last: 0, settled: false, state, batchable: true });
  return nextOn('disposition', 2);
}

async function openCoordinator(): Promise<void> {
  controlled = 0;
  await peer.begin(CHANNEL);
  peer.send(CHANNEL, 'attach', {
    name: 'coordinator',
    handle: 0,
    role: false,
    source: source({}),
    target: coordinator(),
    initial_delivery_count: 0,
  });
  const attach = await nextOn('attach', CHANNEL);
  expect(attach.fields.value[6].descriptor.value).toBe(0x30);
  await nextOn('flow', CHANNEL);
}

async function control(body: unknown): Promise<PeerFrame> {
  const id = controlled++;
  peer.send(
    CHANNEL,
    'transfer',
    { handle: 0, delivery_id: id, delivery_tag: Buffer.from([id]), message_format: 0, settled: false },
    encodedBody(body),
  );
  return nextOn('disposition', CHANNEL);
}

async function declare(): Promise<Buffer> {
  const answer = await control(described(0x31, []));
  expect(answer.fields.settled).toBe(true);
  expect(outcomeOf(answer)).toBe(0x33);
  return answer.fields.value[4].value[0].value;
}

const inTransaction = (id: Buffer, outcome?: unknown) =>
  types.described(types.wrap_ulong(0x34), types.wrap_list([types.wrap_binary(id), ...(outcome ? [outcome] : [])]));
const completeIn = (id: Buffer) => inTransaction(id, described(0x24, []));
const discharge = (id: Buffer, fail: boolean) =>
  control(types.described(types.wrap_ulong(0x32), types.wrap_list([types.wrap_binary(id), types.wrap_boolean(fail)])));

describe('a transaction on one entity', () => {
  beforeEach(openCoordinator);

  test('what is sent in a transaction is there once it is committed', async () => {
    const id = await declare();
    const disposition = await send(text('a'), { state: inTransaction(id) });
    expect(disposition.fields.settled).toBe(true);
    expect(outcomeOf(disposition)).toBe(0x34);
    expect(count()).toBe(0);
    expect(outcomeOf(await discharge(id, false))).toBe(0x24);
    expect(count()).toBe(1);
  });

  test('what is sent in a transaction that is rolled back is not there', async () => {
    const id = await declare();
    await send(text('a'), { state: inTransaction(id) });
    expect(outcomeOf(await discharge(id, true))).toBe(0x24);
    expect(count()).toBe(0);
  });

  test('a completion is answered unsettled, and settled when the transaction is committed', async () => {
    await send(text('a'));
    await receive();
    const id = await declare();
    const inside = await dispose(completeIn(id));
    expect([inside.fields.settled, outcomeOf(inside), innerOutcomeOf(inside)]).toEqual([false, 0x34, 0x24]);
    expect(count()).toBe(1);
    await discharge(id, false);
    const settled = await nextOn('disposition', 2);
    expect([settled.fields.settled, settled.fields.first]).toEqual([true, 0]);
    expect(count()).toBe(0);
  });

  test('a completion that is rolled back leaves delivery and lock, and the same delivery can be completed after', async () => {
    await send(text('a'));
    await receive();
    const id = await declare();
    await dispose(completeIn(id));
    await discharge(id, true);
    expect(count()).toBe(1);
    const after = await dispose(described(0x24, []));
    expect([after.fields.settled, outcomeOf(after)]).toEqual([true, 0x24]);
    expect(count()).toBe(0);
  });

  test('a coordinator link that closes rolls back what is open', async () => {
    const id = await declare();
    await send(text('a'), { state: inTransaction(id) });
    peer.send(CHANNEL, 'detach', { handle: 0, closed: true });
    await nextOn('detach', CHANNEL);
    expect(count()).toBe(0);
    const late = await send(text('b'), { state: inTransaction(id) });
    expect(late.fields.value[4].descriptor.value).not.toBe(0x24);
  });

  test('an unknown transaction cannot be discharged', async () => {
    const answer = await discharge(Buffer.from('nothing'), false);
    expect(outcomeOf(answer)).toBe(0x25);
    expect(answer.fields.value[4].value[0].value[0].value).toBe('amqp:transaction:unknown-id');
  });

  test('does not reach an entity whose link is on another session', async () => {
    const archive = await openSender(peer, 3, '/archive');
    const id = await declare();
    await send(text('a'), { state: inTransaction(id) });
    expect(innerOutcomeOf(await archive(text('b'), { state: inTransaction(id) }))).toBe(0x25);
  });
});

describe('a transaction over several entities: one session, and the coordinator first', () => {
  let lastHandle = 0;

  beforeEach(async () => {
    lastHandle = 0;
    await openCoordinator();
  });

  async function attach(frame: ReturnType<typeof senderAttach> | ReturnType<typeof receiverAttach>): Promise<number> {
    const handle = ++lastHandle;
    peer.send(CHANNEL, 'attach', { ...frame, handle });
    await nextOn('attach', CHANNEL);
    if (!frame.role) await nextOn('flow', CHANNEL);
    return handle;
  }

  async function sendOn(handle: number, id: Buffer): Promise<PeerFrame> {
    const deliveryId = controlled++;
    peer.send(
      CHANNEL,
      'transfer',
      {
        handle,
        delivery_id: deliveryId,
        delivery_tag: Buffer.from([deliveryId]),
        message_format: 0,
        settled: false,
        state: inTransaction(id),
      },
      text('x'),
    );
    return nextOn('disposition', CHANNEL);
  }

  test.for([
    { fail: false, left: [1, 1, 1] },
    { fail: true, left: [0, 0, 0] },
  ])('what is sent to others goes with the first (rolled back: $fail)', async ({ fail, left }) => {
    const orders = await attach(senderAttach('/orders'));
    const archive = await attach(senderAttach('/archive'));
    const events = await attach(senderAttach('/events'));
    const id = await declare();
    for (const handle of [orders, archive, events]) expect(innerOutcomeOf(await sendOn(handle, id))).toBe(0x24);
    expect([count('orders'), count('archive')]).toEqual([0, 0]);
    expect(outcomeOf(await discharge(id, fail))).toBe(0x24);
    expect([count('orders'), count('archive'), count('events/Subscriptions/all')]).toEqual(left);
  });

  test('what is received is of the first entity only', async () => {
    await attach(senderAttach('/orders'));
    await attach(receiverAttach('/Orders'));
    await attach(receiverAttach('/archive'));
    const detach = await nextOn('detach', CHANNEL);
    expect(detach.fields.error.value[0].value).toBe('amqp:not-allowed');
  });
});
