import rhea, { type Connection, type EventContext, type Receiver, type Sender } from 'rhea';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeAnnotations, encodeHeader, readSections, Section } from '../../../local/amqp/codec/index.ts';
import { encodeDelivery } from '../../../local/event-hubs/protocol/delivery.ts';
import { toPublication } from '../../../local/event-hubs/protocol/publication.ts';
import { positionFromSelector } from '../../../local/event-hubs/protocol/selector.ts';
import { type EventHubsUnderTest, startEventHubs } from '../../support/event-hubs.ts';

const { types } = rhea;
const SELECTOR = 'apache.org:selector-filter:string';
const PARTITION = '/ORDERS/ConsumerGroups/%24DEFAULT/Partitions/0';

/** As other SDKs speak: .NET attaches with a leading slash, percent-encoded, asks for settled transfers and sends credit at once. */
describe('what other clients send', () => {
  let emulator: EventHubsUnderTest;
  let connection: Connection;

  beforeEach(async () => {
    emulator = await startEventHubs();
    connection = rhea.create_container().connect({
      port: emulator.port,
      host: '127.0.0.1',
      username: 'RootManageSharedAccessKey',
      password: 'SAS_KEY_VALUE',
      reconnect: false,
    });
    await happens(connection, 'connection_open');
  });
  afterEach(async () => {
    const closed = happens(connection, 'connection_close');
    connection.close();
    await closed;
    await emulator.close();
    expect(emulator.complaints).toEqual([]);
  });

  const happens = (
    source: { once(event: string, listener: (context: EventContext) => void): unknown },
    event: string,
  ) => new Promise<EventContext>((resolve) => source.once(event, resolve));

  const openSender = async (address: string, options: object = {}): Promise<Sender> => {
    const sender = connection.open_sender({ target: { address }, autosettle: true, ...options });
    await happens(sender, 'sendable');
    return sender;
  };

  const openReceiver = (options: {
    epoch?: number;
    selector?: string;
    address?: string;
    settleMode?: 0 | 1;
  }): Receiver =>
    connection.open_receiver({
      source: {
        address: options.address ?? PARTITION,
        filter: {
          [SELECTOR]: types.wrap_described(options.selector ?? "amqp.annotation.x-opt-offset > '-1'", 0x468c00000004),
        },
      },
      properties: options.epoch === undefined ? {} : { 'com.microsoft:epoch': types.wrap_long(options.epoch) },
      ...(options.settleMode !== undefined && { snd_settle_mode: options.settleMode }),
      credit_window: 300,
    });

  it('given a plain message (format 0), when sent, then a reader with settled transfers gets it, settled', async () => {
    const sender = await openSender('/orders/Partitions/0');
    const accepted = happens(sender, 'accepted');
    sender.send({ body: 'hello', message_annotations: { 'x-opt-partition-key': 'k' } });
    await accepted;
    const receiver = openReceiver({ settleMode: 1 });
    const { message, delivery } = await happens(receiver, 'message');
    expect(receiver.snd_settle_mode).toBe(1);
    expect(delivery!.remote_settled).toBe(true);
    expect(message!.body).toBe('hello');
    expect(message!.message_annotations).toMatchObject({
      'x-opt-sequence-number': 0,
      'x-opt-offset': '0',
      'x-opt-partition-key': 'k',
    });
  });

  it.each([
    ['none', {}, true],
    ['unsettled', { settleMode: 0 }, false],
  ] as const)(
    'given a reader that asks for settle mode %s, when it reads, then settled is as it said',
    async (_, mode, isSettled) => {
      (await openSender('orders/Partitions/0')).send({ body: 'hello' });
      const { delivery } = await happens(openReceiver(mode), 'message');
      expect(delivery!.remote_settled).toBe(isSettled);
    },
  );

  it('given a reader with owner level 0, when another comes with 0, then the link of the first is stolen', async () => {
    const first = openReceiver({ epoch: 0 });
    await happens(first, 'receiver_open');
    const stolen = happens(first, 'receiver_error');
    openReceiver({ epoch: 0 });
    const { receiver } = await stolen;
    expect(receiver!.error).toMatchObject({ condition: 'amqp:link:stolen' });
  });

  it.each([
    ['a filter that is none', PARTITION, "amqp.annotation.x-opt-mine = '7'", 'com.microsoft:argument-error'],
    ['a hub', 'orders', undefined, 'amqp:not-allowed'],
    ['an unknown hub', 'nowhere', undefined, 'amqp:not-found'],
  ])('given %s, when read, then the link is refused', async (_, address, selector, condition) => {
    const receiver = openReceiver({ address, selector });
    const { receiver: refused } = await happens(receiver, 'receiver_error');
    expect(refused!.error).toMatchObject({ condition });
  });

  it('given an idempotent producer, when it attaches, then it is told that this is not implemented', async () => {
    const sender = connection.open_sender({
      target: { address: 'orders/Partitions/0' },
      desired_capabilities: ['com.microsoft:idempotent-producer'],
    });
    await happens(sender, 'sender_error');
    expect(sender.error).toMatchObject({ condition: 'amqp:not-implemented' });
  });

  it('given a request with a token that is no good, when it is read, then it is refused, whatever was granted before', async () => {
    const answers = connection.open_receiver({ source: { address: '$management' }, target: { address: 'answers' } });
    await happens(answers, 'receiver_open');
    const requests = await openSender('$management');
    const ask = async (token?: string) => {
      const answered = happens(answers, 'message');
      const operation = { operation: 'READ', type: 'com.microsoft:eventhub', name: 'orders', security_token: token };
      requests.send({ body: '', message_id: token ?? 'none', reply_to: 'answers', application_properties: operation });
      const { message } = await answered;
      return message!.application_properties!['status-code'];
    };
    expect(await ask()).toBe(200);
    expect(await ask('SharedAccessSignature sr=orders&sig=wrong&se=9999999999&skn=foo')).toBe(401);
    expect(await ask()).toBe(200);
  });

  it('given bytes that are no message, when sent, then they are rejected and the next message is taken', async () => {
    const sender = await openSender('orders/Partitions/0');
    const rejected = happens(sender, 'rejected');
    sender.send(Buffer.from('not AMQP'), undefined, 0x80013700);
    const { delivery } = await rejected;
    expect((delivery!.remote_state as { error?: object }).error).toMatchObject({ condition: 'amqp:decode-error' });
    const accepted = happens(sender, 'accepted');
    sender.send({ body: 1 });
    await accepted;
  });

  it('given a publisher, when it sends, then its name is the key; another key is refused', async () => {
    const sender = await openSender('orders/Publishers/7');
    const accepted = happens(sender, 'accepted');
    sender.send({ body: 1 });
    await accepted;
    const rejected = happens(sender, 'rejected');
    sender.send({ body: 2, message_annotations: { 'x-opt-partition-key': 'other' } });
    await rejected;
    const events = emulator.eventHubs.engine.hub('orders')!.partitions[3]!.log.read(0, 10);
    expect(events.map((event) => event.partitionKey)).toEqual(['7']);
  });

  it('given a reader whose connection breaks, when another comes with a lower level, then it is taken', async () => {
    const broken = rhea.create_container().connect({
      port: emulator.port,
      host: '127.0.0.1',
      username: 'RootManageSharedAccessKey',
      password: 'SAS_KEY_VALUE',
      reconnect: false,
    });
    const owner = broken.open_receiver({
      source: { address: PARTITION },
      properties: { 'com.microsoft:epoch': types.wrap_long(9) },
    });
    await happens(owner, 'receiver_open');
    const gone = new Promise<void>((resolve) => {
      emulator.eventHubs.engine.onEvent((event) => event.type === 'reader-closed' && resolve());
    });
    (broken as unknown as { socket: { destroy(): void } }).socket.destroy();
    await gone;
    const { receiver } = await happens(openReceiver({ epoch: 0 }), 'receiver_open');
    expect(receiver!.is_open()).toBe(true);
  });

  it('given a reader that closes, when others count, then it is gone', async () => {
    const receiver = openReceiver({ epoch: 5 });
    await happens(receiver, 'receiver_open');
    const { partitions } = emulator.eventHubs.engine.hub('orders')!;
    expect(partitions[0]!.readersOf('$Default')).toHaveLength(1);
    const closed = happens(receiver, 'receiver_close');
    receiver.close();
    await closed;
    expect(partitions[0]!.readersOf('$Default')).toHaveLength(0);
  });
});

describe('a delivered event', () => {
  const place = { sequenceNumber: 4_294_967_297, offset: 12, enqueuedAt: Date.UTC(2026, 0, 1) };
  const published = (message: object) => toPublication(0, rhea.message.encode(message as never)).events[0]!;

  it('given its annotations, when looked at on the wire, then they are long, string, timestamp and string', () => {
    const bytes = encodeDelivery({
      ...published({ body: 'x', message_annotations: { 'x-opt-partition-key': 'k' } }),
      ...place,
    });
    const codeAfter = (key: string) => bytes[bytes.indexOf(key) + key.length];
    expect(codeAfter('x-opt-sequence-number')).toBe(0x81);
    expect(codeAfter('x-opt-offset')).toBe(0xa1);
    expect(codeAfter('x-opt-enqueued-time')).toBe(0x83);
    expect(codeAfter('x-opt-partition-key')).toBe(0xa1);
    expect(bytes.readBigInt64BE(bytes.indexOf('x-opt-sequence-number') + 22)).toBe(4_294_967_297n);
  });

  it.each([
    ['a value', { body: { deep: [1, 'two'] } }, false],
    [
      'bytes with properties',
      { body: rhea.message.data_section(Buffer.from('x')), application_properties: { a: 1 } },
      false,
    ],
    ['null', { body: null }, true],
    ['an empty data section', { body: rhea.message.data_section(Buffer.alloc(0)) }, true],
  ])('given %s as its body, when taken apart, then the bare message is untouched', (_, message, isTombstone) => {
    const encoded = rhea.message.encode({ ...message, durable: true, message_annotations: { mine: 'y' } } as never);
    const event = toPublication(0, encoded).events[0]!;
    expect(event.isTombstone).toBe(isTombstone);
    expect(encoded.subarray(encoded.length - event.payload.length)).toEqual(event.payload);
    const decoded = rhea.message.decode(encodeDelivery({ ...event, ...place }));
    expect(decoded).toMatchObject({ durable: true, message_annotations: { mine: 'y', 'x-opt-offset': '12' } });
  });

  it('given delivery annotations, before or behind the body, then they come with the event, or the reader’s own do', () => {
    const encoded: Buffer = rhea.message.encode({
      body: rhea.message.data_section(Buffer.from('x')),
      subject: 's',
    } as never);
    const bare = encoded.subarray(readSections(encoded).header!.end);
    const sent = encodeAnnotations(Section.deliveryAnnotations, [['mine', 'y']]);
    const header = encodeHeader({ durable: true });
    // The Python client writes them last.
    for (const parts of [
      [header, sent, bare],
      [header, bare, sent],
    ]) {
      const event = toPublication(0, Buffer.concat(parts)).events[0]!;
      expect(event.isTombstone).toBe(false);
      expect(Buffer.from(event.payload)).toEqual(bare);
      const decoded = rhea.message.decode(encodeDelivery({ ...event, ...place }));
      expect(decoded).toMatchObject({ durable: true, subject: 's', delivery_annotations: { mine: 'y' } });
      const own = encodeAnnotations(Section.deliveryAnnotations, [['runtime', 1]]);
      const measured = rhea.message.decode(encodeDelivery({ ...event, ...place }, own));
      expect([measured.durable, measured.delivery_annotations]).toEqual([true, { runtime: 1 }]);
    }
  });

  it.each([
    ["amqp.annotation.x-opt-offset > '-1'", { from: 'earliest' }],
    ["amqp.annotation.x-opt-offset >= '-1'", { from: 'earliest' }],
    ["amqp.annotation.x-opt-offset > '@latest'", { from: 'latest' }],
    ["amqp.annotation.x-opt-offset >= '240'", { from: 'offset', offset: '240', isInclusive: true }],
    ["amqp.annotation.x-opt-sequence-number > '5'", { from: 'sequence-number', sequenceNumber: 5, isInclusive: false }],
    ['amqp.annotation.x-opt-sequence-number >= 5', { from: 'sequence-number', sequenceNumber: 5, isInclusive: true }],
    ["amqp.annotation.x-opt-enqueued-time > '1700000000000'", { from: 'enqueued-time', after: 1_700_000_000_000 }],
    ["amqp.annotation.x-opt-sequence-number > 'x'", undefined],
    ["x-opt-offset > '1'", undefined],
  ])('given the selector %s, when parsed, then it is %o', (selector, position) => {
    expect(positionFromSelector(selector)).toEqual(position);
  });
});
