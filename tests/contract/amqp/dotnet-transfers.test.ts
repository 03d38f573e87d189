/** What the .NET clients need of transfers, dispositions and drain (contracts: amqp-dotnet.md, points 14 to 22). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeAnnotations, Section, Writer } from '../../../local/amqp/codec/index.ts';
import { startTestServiceBus, type TestServiceBus } from '../../support/service-bus.ts';
import { creditFlow, openSender, putToken, receiverAttach } from './dotnet-client.ts';
import { described, message, Peer, type PeerFrame, typedSection, types } from './peer.ts';

let bus: TestServiceBus;
let peer: Peer;
let send: Awaited<ReturnType<typeof openSender>>;

beforeEach(async () => {
  bus = await startTestServiceBus({
    topology: {
      queues: [{ name: 'orders' }, { name: 'archive' }, { name: 'inbox', forwardTo: 'orders' }],
      topics: [{ name: 'prices', subscriptions: [{ name: 'dear' }] }],
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
const text = (id: string): Buffer => message.encode({ message_id: id, body: id });

async function receive(credit: number, options: { readonly deletes?: boolean } = {}): Promise<void> {
  await peer.begin(2);
  peer.write(Peer.encode(2, 'attach', receiverAttach('/orders', options)), Peer.encode(2, 'flow', creditFlow(credit)));
  await peer.next('attach', (frame) => frame.channel === 2);
}
const nextTransfer = () => peer.next('transfer', (frame) => frame.channel === 2);
const dispose = (first: number, last: number, state: unknown) =>
  peer.send(2, 'disposition', { role: true, first, last, settled: false, state, batchable: true });
const nextDisposition = () => peer.next('disposition', (frame) => frame.channel === 2);
const count = () => {
  const counts = bus.serviceBus.broker.counts('orders');
  return counts.ok ? counts.active : -1;
};

describe('credit and drain', () => {
  test('never more is sent than credit was given', async () => {
    for (const id of ['a', 'b', 'c']) await send(text(id));
    await receive(2);
    await nextTransfer();
    await nextTransfer();
    peer.send(2, 'flow', creditFlow(0, { delivery_count: 2, drain: true }));
    const flow = await peer.next('flow', (frame) => frame.channel === 2);
    expect([flow.fields.link_credit, flow.fields.delivery_count]).toEqual([0, 2]);
    expect(peer.received.filter((frame) => frame.name === 'transfer')).toEqual([]);
  });

  test('drain is answered with no credit and a delivery count that has used it up', async () => {
    await send(text('a'));
    await receive(5);
    await nextTransfer();
    peer.send(2, 'flow', creditFlow(4, { delivery_count: 1, drain: true }));
    const flow = await peer.next('flow', (frame) => frame.channel === 2);
    expect(flow.fields.handle).toBe(0);
    expect(flow.fields.link_credit).toBe(0);
    expect(flow.fields.delivery_count).toBe(5);
  });

  test('credit that is taken back stops deliveries', async () => {
    await receive(5);
    peer.send(2, 'flow', creditFlow(0));
    peer.send(2, 'flow', creditFlow(0, { echo: true }));
    await peer.next('flow', (frame) => frame.channel === 2);
    await send(text('a'));
    expect(peer.received.some((frame) => frame.name === 'transfer')).toBe(false);
    expect(count()).toBe(1);
  });
});

describe('deliveries', () => {
  test('a delivery has an id, a tag of 16 bytes and annotations of the types that .NET casts to', async () => {
    await send(text('a'));
    await receive(1);
    const { fields, payload } = await nextTransfer();
    expect(fields.delivery_id).toBe(0);
    expect(fields.delivery_tag).toHaveLength(16);
    const annotations = typedSection(payload!, 0x72);
    const typeOf = (name: string) => annotations.get(name).type.name;
    expect([...annotations.keys()].sort()).toEqual([
      'x-opt-enqueued-time',
      'x-opt-locked-until',
      'x-opt-sequence-number',
    ]);
    expect(typeOf('x-opt-sequence-number')).toMatch(/Long$/);
    expect(typeOf('x-opt-enqueued-time')).toBe('Timestamp');
    expect(typeOf('x-opt-locked-until')).toBe('Timestamp');
  });

  test('the delivery annotations of the sender arrive, and the token of the lock with them', async () => {
    await send(message.encode({ delivery_annotations: { mine: 'y', 'x-opt-lock-token': 'not a token' }, body: 'a' }));
    await receive(1);
    const { fields, payload } = await nextTransfer();
    const annotations = typedSection(payload!, 0x71);
    expect([...annotations.keys()]).toEqual(['mine', 'x-opt-lock-token']);
    expect(annotations.get('mine').value).toBe('y');
    const token: Buffer = annotations.get('x-opt-lock-token').value;
    expect(annotations.get('x-opt-lock-token').type.name).toBe('Uuid');
    expect(token.subarray(8)).toEqual(fields.delivery_tag.subarray(8));
  });

  test('a message that was forwarded brings its first number along', async () => {
    const sendToInbox = await openSender(peer, 3, '/inbox');
    await sendToInbox(text('a'));
    await receive(1);
    const annotations = typedSection((await nextTransfer()).payload!, 0x72);
    expect(annotations.get('x-opt-enqueue-sequence-number').type.name).toMatch(/Long$/);
    expect(annotations.get('x-opt-enqueue-sequence-number').value).toBe(1);
  });

  test('the keys of a footer are symbols, also where the sender wrote strings, as Java does', async () => {
    const footer = new Writer();
    footer.descriptor(Section.footer);
    footer.map([
      ['mine', 'y'],
      ['yours', 2],
    ]);
    await send(Buffer.concat([text('a'), footer.finish()]));
    await receive(1);
    const { payload } = await nextTransfer();
    const expected = encodeAnnotations(Section.footer, Object.entries({ mine: 'y', yours: 2 }));
    expect(payload!.subarray(-expected.length)).toEqual(expected);
  });

  test('the sender’s delivery annotations come out too, also those behind the body, where Python writes them', async () => {
    const sent = { mine: 'y', 'x-opt-lock-token': 'forged' };
    await send(Buffer.concat([text('a'), encodeAnnotations(Section.deliveryAnnotations, Object.entries(sent))]));
    await receive(1);
    const { payload } = await nextTransfer();
    const annotations = typedSection(payload!, 0x71);
    expect([annotations.get('mine').value, annotations.size]).toEqual(['y', 2]);
    expect(annotations.get('x-opt-lock-token').type.name).toBe('Uuid');
    expect(message.decode(payload).body).toBe('a');
  });

  test('a partition key that came as bytes goes out as text', async () => {
    const partitionKey = { 'x-opt-partition-key': types.wrap_binary(Buffer.from('prices')) };
    await send(message.encode({ message_id: 'a', message_annotations: partitionKey, body: 'x' }));
    await receive(1);
    const { payload } = await nextTransfer();
    expect(typedSection(payload!, 0x72).get('x-opt-partition-key').value).toBe('prices');
  });

  test('receive-and-delete sends settled', async () => {
    await send(text('a'));
    await receive(1, { deletes: true });
    const { fields } = await nextTransfer();
    expect(fields.settled).toBe(true);
    expect(fields.delivery_tag).toHaveLength(0);
    expect(count()).toBe(0);
  });

  test('what .NET describes, and the width of numbers, come back byte for byte', async () => {
    const timespan = types.described(types.wrap_symbol('com.microsoft:timespan'), types.wrap_long(12_345_678));
    const values = {
      timespan,
      short: types.wrap_short(7),
      long: types.wrap_long(5),
      id: types.wrap_uuid(Buffer.alloc(16, 1)),
    };
    const payload: Buffer = message.encode({ message_id: 'a', application_properties: values, body: 'x' });
    await send(payload);
    await receive(1);
    const received = await nextTransfer();
    const sent = typedSection(payload, 0x74);
    const got = typedSection(received.payload!, 0x74);
    expect([...got]).toEqual([...sent]);
    expect(received.payload!.subarray(-payload.length + 7)).toBeInstanceOf(Buffer);
    const bare = payload.subarray(payload.indexOf(Buffer.from([0x00, 0x53, 0x73])));
    expect(received.payload!.subarray(-bare.length)).toEqual(bare);
  });

  test("a filter reads .NET's decimals, whose exponents are written in the wrong place", async () => {
    const { broker } = bus.serviceBus;
    broker.removeRule('prices/Subscriptions/dear', '$Default');
    broker.addRule('prices/Subscriptions/dear', {
      name: 'dear',
      filter: { filterType: 'SqlFilter', sqlExpression: 'price * 2 = 25' },
      action: undefined,
    });
    const sendPrice = await openSender(peer, 3, '/prices');
    // As Microsoft.Azure.Amqp 2.7.0 encodes 12.50M, and as the specification has it.
    for (const decimal of ['0c3c00000000000000000000000004e2', '303c00000000000000000000000004e2']) {
      const bytes = Buffer.from(decimal, 'hex');
      const payload: Buffer = message.encode({ application_properties: { price: types.wrap_uuid(bytes) }, body: '' });
      payload[payload.indexOf(bytes) - 1] = 0x94; // a decimal128 is 16 bytes too, and rhea writes none
      await sendPrice(payload);
    }
    const counts = broker.counts('prices/Subscriptions/dear');
    expect(counts.ok && counts.active).toBe(2);
  });

  test('a message of many frames arrives, and leaves in frames that the peer can take', async () => {
    const payload: Buffer = message.encode({ message_id: 'big', body: message.data_section(Buffer.alloc(200_000, 7)) });
    const size = 60_000;
    for (let start = 0; start < payload.length; start += size) {
      const isFirst = start === 0;
      peer.send(
        1,
        'transfer',
        {
          handle: 0,
          ...(isFirst ? { delivery_id: 0, delivery_tag: Buffer.from([0]), message_format: 0 } : {}),
          settled: false,
          more: start + size < payload.length,
        },
        payload.subarray(start, start + size),
      );
    }
    const accepted = await peer.next('disposition', (frame) => frame.channel === 1);
    expect(outcomeOf(accepted)).toBe(0x24);
    await receive(1);
    const parts: Buffer[] = [];
    for (;;) {
      const frame = await nextTransfer();
      expect(frame.bytes.length).toBeLessThanOrEqual(65536);
      parts.push(frame.payload!);
      if (!frame.fields.more) break;
    }
    expect(parts.length).toBeGreaterThan(3);
    expect(message.decode(Buffer.concat(parts)).body.content).toEqual(Buffer.alloc(200_000, 7));
  });

  test('an aborted delivery leaves nothing behind', async () => {
    peer.send(
      1,
      'transfer',
      { handle: 0, delivery_id: 0, delivery_tag: Buffer.from([0]), message_format: 0, more: true },
      Buffer.from([0, 0x53]),
    );
    peer.send(1, 'transfer', { handle: 0, aborted: true, more: true });
    peer.send(
      1,
      'transfer',
      { handle: 0, delivery_id: 1, delivery_tag: Buffer.from([1]), message_format: 0 },
      text('whole'),
    );
    const accepted = await peer.next('disposition', (frame) => frame.channel === 1);
    expect(accepted.fields.first).toBe(1);
    expect(count()).toBe(1);
  });

  test('a batch is one transfer of whole messages, and each is stored', async () => {
    const batch = message.encode({
      message_id: 'a',
      body: message.data_sections([text('a'), text('b'), text('c')]),
    });
    const accepted = await send(batch, { message_format: 0x80013700 });
    expect(accepted.fields.settled).toBe(true);
    expect(outcomeOf(accepted)).toBe(0x24);
    expect(count()).toBe(3);
  });

  test('a message above the limit is rejected with message-size-exceeded', async () => {
    const payload: Buffer = message.encode({ body: message.data_section(Buffer.alloc(1_100_000)) });
    for (let start = 0; start < payload.length; start += 60_000) {
      peer.send(
        1,
        'transfer',
        {
          handle: 0,
          delivery_id: 0,
          delivery_tag: Buffer.from([0]),
          message_format: 0,
          more: start + 60_000 < payload.length,
        },
        payload.subarray(start, start + 60_000),
      );
    }
    const refused = await peer.next('disposition', (frame) => frame.channel === 1);
    expect(outcomeOf(refused)).toBe(0x25);
    expect(refused.fields.value[4].value[0].value[0].value).toBe('amqp:link:message-size-exceeded');
    expect(count()).toBe(0);
  });
});

describe('dispositions', () => {
  test('a range that is not settled is answered settled, with a state', async () => {
    for (const id of ['a', 'b', 'c']) await send(text(id));
    await receive(3);
    for (let index = 0; index < 3; index++) await nextTransfer();
    dispose(0, 2, described(0x24, []));
    const answer = await nextDisposition();
    expect(answer.fields.role).toBe(false);
    expect(answer.fields.settled).toBe(true);
    expect([answer.fields.first, answer.fields.last]).toEqual([0, 2]);
    expect(outcomeOf(answer)).toBe(0x24);
    expect(count()).toBe(0);
  });

  test('neighbours with different outcomes are answered apart', async () => {
    for (const id of ['a', 'b']) await send(text(id));
    await receive(2);
    const first = await nextTransfer();
    await nextTransfer();
    const lockToken = first.fields.delivery_tag as Buffer;
    const token = [
      Buffer.from(lockToken.subarray(0, 4)).reverse().toString('hex'),
      Buffer.from(lockToken.subarray(4, 6)).reverse().toString('hex'),
      Buffer.from(lockToken.subarray(6, 8)).reverse().toString('hex'),
      lockToken.subarray(8, 10).toString('hex'),
      lockToken.subarray(10).toString('hex'),
    ].join('-');
    bus.serviceBus.broker.loseLock('orders', token);
    dispose(0, 1, described(0x24, []));
    const lost = await nextDisposition();
    expect(outcomeOf(lost)).toBe(0x25);
    expect(lost.fields.value[4].value[0].value[0].value).toBe('com.microsoft:message-lock-lost');
    const kept = await nextDisposition();
    expect([kept.fields.first, outcomeOf(kept)]).toEqual([1, 0x24]);
  });

  test('modified abandons, and with undeliverable-here defers; rejected with the condition dead-letters', async () => {
    for (const id of ['a', 'b', 'c']) await send(text(id));
    await receive(3);
    for (let index = 0; index < 3; index++) await nextTransfer();
    dispose(1, 1, described(0x27, [null, true]));
    expect(outcomeOf(await nextDisposition())).toBe(0x27);
    const error = types.described(
      types.wrap_ulong(0x1d),
      types.wrap_list([
        types.wrap_symbol('com.microsoft:dead-letter'),
        types.wrap_string(''),
        types.wrap_map({ DeadLetterReason: 'why', DeadLetterErrorDescription: 'because' }),
      ]),
    );
    dispose(2, 2, types.described(types.wrap_ulong(0x25), types.wrap_list([error])));
    expect(outcomeOf(await nextDisposition())).toBe(0x25);
    dispose(0, 0, described(0x27, [null, false]));
    expect(outcomeOf(await nextDisposition())).toBe(0x27);
    const peeked = bus.serviceBus.broker.peek('orders', { fromSequenceNumber: 0, maxCount: 10 });
    expect(peeked.ok && peeked.messages.map((one) => [one.properties.messageId, one.state, one.deliveryCount])).toEqual(
      [
        ['a', 'active', 1],
        ['b', 'deferred', 1],
      ],
    );
    const dead = bus.serviceBus.broker.peek('orders/$DeadLetterQueue', { fromSequenceNumber: 0, maxCount: 10 });
    expect(dead.ok && dead.messages[0]?.changes?.application.get('DeadLetterReason')).toEqual({
      type: 'string',
      value: 'why',
    });
  });

  test('a reason of dead-lettering that is no text is a property like any other', async () => {
    await send(text('a'));
    await receive(1);
    await nextTransfer();
    const info = { DeadLetterReason: types.wrap_timestamp(1_700_000_000_000), DeadLetterErrorDescription: 'because' };
    const fields = [types.wrap_symbol('com.microsoft:dead-letter'), types.wrap_string(''), types.wrap_map(info)];
    const error = types.described(types.wrap_ulong(0x1d), types.wrap_list(fields));
    dispose(0, 0, types.described(types.wrap_ulong(0x25), types.wrap_list([error])));
    expect(outcomeOf(await nextDisposition())).toBe(0x25);
    const dead = bus.serviceBus.broker.peek('orders/$DeadLetterQueue', { fromSequenceNumber: 0, maxCount: 1 });
    expect(dead.ok && [...(dead.messages[0]?.changes?.application ?? [])].sort()).toEqual([
      ['DeadLetterErrorDescription', { type: 'string', value: 'because' }],
      ['DeadLetterReason', { type: 'timestamp', value: 1_700_000_000_000 }],
    ]);
  });
});
