/** What the .NET clients need of connection, `$cbs` and attach (contracts: amqp-dotnet.md, points 0 to 13). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestServiceBus, type TestServiceBus } from '../../support/service-bus.ts';
import { creditFlow, openManagement, openSender, putToken, receiverAttach, senderAttach } from './dotnet-client.ts';
import { AMQP_HEADER, message, Peer, SASL_HEADER, terminusOf, typedBody, typedSection, types } from './peer.ts';

let bus: TestServiceBus;
let peer: Peer;

beforeEach(async () => {
  bus = await startTestServiceBus({
    log: () => undefined,
    topology: {
      queues: [{ name: 'orders' }, { name: 'refunds', requiresSession: true }],
      topics: [{ name: 'prices', subscriptions: [{ name: 'all' }] }],
    },
  });
});

afterEach(async () => {
  peer?.end();
  await bus.close();
});

const authorized = async (): Promise<Peer> => {
  peer = await Peer.open(bus.port);
  await putToken(peer, 0, 'amqp://127.0.0.1/');
  return peer;
};

describe('the connection', () => {
  test('the SASL header is answered with the same eight bytes, and so is the AMQP header', async () => {
    peer = await Peer.connect(bus.port);
    expect(await peer.header(SASL_HEADER)).toEqual(SASL_HEADER);
    const mechanisms = await peer.next('sasl_mechanisms');
    expect(mechanisms.fields.sasl_server_mechanisms).toContain('MSSBCBS');
    expect(mechanisms.bytes.length).toBeLessThanOrEqual(512);
  });

  test.each(['MSSBCBS', 'ANONYMOUS', 'EXTERNAL'])('%s is let in, to prove itself with a token', async (mechanism) => {
    peer = await Peer.connect(bus.port);
    const outcome = await peer.sasl(mechanism);
    expect(outcome.fields.code).toBe(0);
    expect(await peer.header(AMQP_HEADER)).toEqual(AMQP_HEADER);
  });

  test('PLAIN with the right key needs no token, and with a wrong key is turned away', async () => {
    peer = await Peer.connect(bus.port);
    const right = await peer.sasl('PLAIN', Buffer.from('\0RootManageSharedAccessKey\0SAS_KEY_VALUE'));
    expect(right.fields.code).toBe(0);
    peer.end();
    peer = await Peer.connect(bus.port);
    const wrong = await peer.sasl('PLAIN', Buffer.from('\0RootManageSharedAccessKey\0wrong'));
    expect(wrong.fields.code).toBe(1);
    await peer.closed();
  });

  test('open announces an idle time-out that .NET accepts, and begin and flow carry their windows', async () => {
    peer = await Peer.connect(bus.port);
    await peer.sasl('MSSBCBS');
    await peer.header(AMQP_HEADER);
    peer.send(0, 'open', { container_id: 'c', hostname: '127.0.0.1', max_frame_size: 65536, idle_time_out: 60000 });
    const open = await peer.next('open');
    expect(open.fields.idle_time_out).toBeGreaterThanOrEqual(5000);
    const begin = await peer.begin(7);
    expect(begin.fields.remote_channel).toBe(7);
    expect(begin.fields.next_outgoing_id).toBeTypeOf('number');
    expect(begin.fields.incoming_window).toBeGreaterThan(0);
  });

  test('a frame that is no AMQP ends the connection with decode-error', async () => {
    peer = await Peer.open(bus.port);
    peer.write(Buffer.from([0, 0, 0, 12, 2, 0, 0, 0, 0x99, 1, 2, 3]));
    const close = await peer.next('close');
    expect(close.fields.error.condition).toBe('amqp:decode-error');
    await peer.closed();
  });

  test('input that draws no answer is answered with an empty frame, against delayed acknowledgements', async () => {
    peer = await Peer.open(bus.port);
    await peer.begin(0);
    peer.send(0, 'flow', { next_incoming_id: 0, incoming_window: 9, next_outgoing_id: 1, outgoing_window: 9 });
    await peer.next('empty');
  });
});

describe('put-token', () => {
  test('the reply goes to the link whose target is reply-to, correlated, with an int status', async () => {
    peer = await Peer.open(bus.port);
    const reply = await putToken(peer, 0, 'amqp://127.0.0.1/orders');
    expect(reply.fields.settled).toBe(true);
    expect(message.decode(reply.payload).correlation_id).toMatch(/^token-/);
    const status = typedSection(reply.payload!, 0x74);
    expect(status.get('status-code').value).toBe(202);
    expect(status.get('status-code').type.name).toBe('Int');
    expect(status.get('statusCode').type.name).toBe('Int');
  });

  test('a good token for an entity that is not there is answered not found', async () => {
    peer = await Peer.open(bus.port, { hostname: 'contoso.test' });
    const { application_properties: status } = message.decode(
      (await putToken(peer, 0, 'amqp://contoso.test/Missing/$management')).payload,
    );
    expect(status).toMatchObject({ 'status-code': 404, errorCondition: 'amqp:not-found' });
    expect(status['status-description']).toMatch(
      /^The messaging entity 'sb:\/\/contoso\.test\/Missing\/\$management' could not be found\. To know more visit .* TrackingId:/,
    );
  });

  test.each([
    'amqp://127.0.0.1/$management',
    'amqp://127.0.0.1/orders/$DeadLetterQueue',
    'sb://x/Prices/Subscriptions/missing',
  ])('a token for %s is taken: what lies below an entity is the affair of its links', async (audience) => {
    peer = await Peer.open(bus.port);
    const reply = message.decode((await putToken(peer, 0, audience)).payload);
    expect(reply.application_properties['status-code']).toBe(202);
  });

  test('a connection has one pair of links for tokens', async () => {
    peer = await Peer.open(bus.port);
    await putToken(peer, 0, 'amqp://127.0.0.1/orders');
    await peer.begin(1);
    peer.send(1, 'attach', senderAttach('$cbs'));
    const refused = await peer.next('detach', (frame) => frame.channel === 1);
    expect(refused.fields.error).toMatchObject({
      condition: 'amqp:not-allowed',
      description: expect.stringMatching(/^A link to connection '.+' \$cbs node has already been opened\.$/),
    });
    peer.send(0, 'end', {});
    await peer.next('end', (frame) => frame.channel === 0);
    expect(
      message.decode((await putToken(peer, 2, 'amqp://127.0.0.1/orders')).payload).application_properties,
    ).toMatchObject({
      'status-code': 202,
    });
  });

  test('without a token a link is refused', async () => {
    peer = await Peer.open(bus.port);
    await peer.begin(0);
    peer.send(0, 'attach', senderAttach('/orders'));
    const attach = await peer.next('attach');
    expect(attach.fields.target?.value ?? null).toBe(null);
    const detach = await peer.next('detach');
    expect(detach.fields.closed).toBe(true);
    expect(detach.fields.error.condition).toBe('amqp:unauthorized-access');
  });
});

describe('attach', () => {
  test('addresses start with a slash, are percent-encoded and come in any letter case', async () => {
    await authorized();
    await peer.begin(1);
    peer.send(1, 'attach', receiverAttach('/PRICES/subscriptions/%41ll'));
    const attach = await peer.next('attach');
    expect(terminusOf(attach.fields.value[5]).address).toBe('/PRICES/subscriptions/%41ll');
  });

  test('the settle modes of the answer are the ones that were asked for', async () => {
    await authorized();
    await peer.begin(1);
    peer.send(1, 'attach', receiverAttach('/orders'));
    const locking = await peer.next('attach');
    expect([locking.fields.snd_settle_mode, locking.fields.rcv_settle_mode]).toEqual([null, 1]);
    await peer.begin(2);
    peer.send(2, 'attach', receiverAttach('/orders', { deletes: true }));
    const deleting = await peer.next('attach');
    expect(deleting.fields.snd_settle_mode).toBe(1);
  });

  test('a sender of ours gives its initial delivery count and a source, a receiver its target and the largest message', async () => {
    await authorized();
    await peer.begin(1);
    peer.send(1, 'attach', receiverAttach('/orders'));
    const outgoing = await peer.next('attach');
    expect(outgoing.fields.initial_delivery_count).toBe(0);
    expect(outgoing.fields.source).toBeTruthy();
    await peer.begin(2);
    peer.send(2, 'attach', senderAttach('/orders'));
    const incoming = await peer.next('attach');
    expect(incoming.fields.target).toBeTruthy();
    expect(incoming.fields.max_message_size).toBe(1_048_576);
    expect(incoming.fields.properties['com.microsoft:max-message-batch-size']).toBe(1_048_576);
  });

  test('a refusal is an attach without source and target, then a detach that closes with the error', async () => {
    await authorized();
    await peer.begin(1);
    peer.send(1, 'attach', receiverAttach('/nowhere'));
    const attach = await peer.next('attach');
    expect([attach.fields.source.value, attach.fields.target.value]).toEqual([null, null]);
    const detach = await peer.next('detach');
    expect(detach.fields.closed).toBe(true);
    expect(detach.fields.error.condition).toBe('amqp:not-found');
    expect(detach.fields.error.description).toMatch(
      /^The messaging entity 'sb:.*\/nowhere' could not be found\. To know more visit \S+ {2}TrackingId:/,
    );
  });

  test('a subscription that is not there is called by namespace, topic and name', async () => {
    peer = await Peer.open(bus.port, { hostname: 'contoso.servicebus.test' });
    await putToken(peer, 0, 'amqp://contoso.servicebus.test/prices/Subscriptions/none');
    await peer.begin(1);
    peer.send(1, 'attach', receiverAttach('/prices/Subscriptions/none/$DeadLetterQueue'));
    const { fields } = await peer.next('detach', (frame) => frame.channel === 1);
    expect(fields.error.description).toMatch(
      /^The messaging entity 'contoso:Topic:prices\|none\|\$DeadLetterQueue' could not be found\./,
    );
  });

  test('attach and flow in one write: the attach is answered before the first transfer', async () => {
    await authorized();
    const send = await openSender(peer, 1, '/orders');
    await send(message.encode({ message_id: 'a', body: 'x' }));
    await peer.begin(2);
    peer.write(Peer.encode(2, 'attach', receiverAttach('/orders')), Peer.encode(2, 'flow', creditFlow(10)));
    await peer.next('transfer', (frame) => frame.channel === 2);
    const names = peer.received.filter((frame) => frame.channel === 2).map((frame) => frame.name);
    expect(names).toContain('attach');
    expect(peer.received.findIndex((frame) => frame.name === 'attach' && frame.channel === 2)).toBeGreaterThanOrEqual(
      0,
    );
  });

  test('a session id that is no string is refused, not taken for any session', async () => {
    await authorized();
    await peer.begin(1);
    const filter = { 'com.microsoft:session-filter': 1 };
    peer.send(1, 'attach', receiverAttach('/refunds', { extra: { filter } }));
    const detach = await peer.next('detach', (frame) => frame.channel === 1);
    expect(detach.fields.error.condition).toBe('amqp:invalid-field');
  });

  test('a wait for the next session holds the attach, and ends with timeout when none comes', async () => {
    await authorized();
    await peer.begin(1);
    peer.send(1, 'attach', {
      ...receiverAttach('/refunds', { extra: { filter: { 'com.microsoft:session-filter': null } } }),
      properties: { 'com.microsoft:timeout': types.wrap_uint(30) },
    });
    const attach = await peer.next('attach');
    expect(attach.fields.source.value).toBe(null);
    const detach = await peer.next('detach');
    expect(detach.fields.error.condition).toBe('com.microsoft:timeout');
  });

  test('a wait for the next session is answered with its id and its lock in ticks when one comes', async () => {
    await authorized();
    await peer.begin(1);
    peer.send(1, 'attach', {
      ...receiverAttach('/refunds', { extra: { filter: { 'com.microsoft:session-filter': null } } }),
      properties: { 'com.microsoft:timeout': types.wrap_uint(60_000) },
    });
    const send = await openSender(peer, 2, '/refunds');
    const before = Date.now();
    await send(message.encode({ message_id: 'a', group_id: 'session-1', body: 'x' }));
    const attach = await peer.next('attach', (frame) => frame.channel === 1);
    expect(terminusOf(attach.fields.value[5]).filter).toEqual({ 'com.microsoft:session-filter': 'session-1' });
    const ticks: Buffer = attach.fields.properties['com.microsoft:locked-until-utc'];
    expect(ticks).toHaveLength(8);
    const lockedUntil = Number((ticks.readBigInt64BE(0) - 621_355_968_000_000_000n) / 10_000n);
    expect(lockedUntil).toBeGreaterThanOrEqual(before + 60_000);
  });
});

/** The lock token of a delivery tag, which has a .NET Guid's order of bytes. */
const inNetworkOrder = (tag: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(tag.subarray(0, 4)).reverse(),
    Buffer.from(tag.subarray(4, 6)).reverse(),
    Buffer.from(tag.subarray(6, 8)).reverse(),
    tag.subarray(8),
  ]);

describe('management', () => {
  test('its links may be opened ahead of the token, as the Java client does; requests may not', async () => {
    peer = await Peer.open(bus.port);
    const management = await openManagement(peer, 1, 'orders/$management');
    const peek = async () => {
      const range = { 'from-sequence-number': types.wrap_long(1), 'message-count': types.wrap_int(1) };
      return typedSection(await management.request('com.microsoft:peek-message', range), 0x74).get('statusCode').value;
    };
    expect(await peek()).toBe(401);
    await putToken(peer, 0, 'amqp://127.0.0.1/orders');
    expect(await peek()).toBe(204);
  });

  test('numbers, arrays and status have the types that .NET casts to', async () => {
    await authorized();
    const management = await openManagement(peer, 1, 'orders/$management');
    const body = message.encode({
      message_id: 'later',
      message_annotations: { 'x-opt-scheduled-enqueue-time': types.wrap_timestamp(Date.now() + 3_600_000) },
      body: 'x',
    });
    const scheduled = await management.request('com.microsoft:schedule-message', {
      messages: [{ message: body, 'message-id': 'later' }],
    });
    const status = typedSection(scheduled, 0x74);
    expect(status.get('statusCode').type.name).toBe('Int');
    expect(status.get('status-code').value).toBe(200);
    const [key, numbers] = typedBody(scheduled).value;
    expect(key.value).toBe('sequence-numbers');
    expect(numbers.type.name).toBe('Array32');
    expect(numbers.array_constructor.typecode).toBe(0x81);
    const peeked = await management.request('com.microsoft:peek-message', {
      'from-sequence-number': types.wrap_long(1),
      'message-count': types.wrap_int(1),
    });
    const state = typedSection(typedBody(peeked).value[1].value[0].value[1].value, 0x72).get('x-opt-message-state');
    expect(state).toMatchObject({ value: 2, type: { name: expect.stringMatching(/Int$/) } });

    const send = await openSender(peer, 2, '/orders');
    await send(message.encode({ message_id: 'now', body: 'x' }));
    await peer.begin(3);
    peer.write(Peer.encode(3, 'attach', receiverAttach('/orders')), Peer.encode(3, 'flow', creditFlow(1)));
    const { fields } = await peer.next('transfer', (frame) => frame.channel === 3);
    const renewed = await management.request('com.microsoft:renew-lock', {
      'lock-tokens': types.wrap_array([inNetworkOrder(fields.delivery_tag)], 0x98),
    });
    const [, expirations] = typedBody(renewed).value;
    expect(expirations.array_constructor.typecode).toBe(0x83);
    expect(expirations.value).toHaveLength(1);
  });

  test('properties to modify keep their types when a message is settled by its lock token', async () => {
    await authorized();
    const management = await openManagement(peer, 1, 'orders/$management');
    const send = await openSender(peer, 2, '/orders');
    await send(message.encode({ message_id: 'a', body: 'x' }));
    await peer.begin(3);
    peer.write(Peer.encode(3, 'attach', receiverAttach('/orders')), Peer.encode(3, 'flow', creditFlow(1)));
    const { fields } = await peer.next('transfer', (frame) => frame.channel === 3);
    await management.request('com.microsoft:update-disposition', {
      'disposition-status': 'defered',
      'lock-tokens': types.wrap_array([inNetworkOrder(fields.delivery_tag)], 0x98),
      'properties-to-modify': { whole: types.wrap_double(2), small: types.wrap_ubyte(3) },
    });
    const peeked = bus.serviceBus.broker.peek('orders', { fromSequenceNumber: 0, maxCount: 1 });
    expect(peeked.ok && [...(peeked.messages[0]?.changes?.application ?? [])]).toEqual([
      ['whole', { type: 'double', value: 2 }],
      ['small', { type: 'ubyte', value: 3 }],
    ]);
  });

  test('values of a correlation filter keep their types, and compare by them', async () => {
    await authorized();
    const management = await openManagement(peer, 1, 'prices/Subscriptions/all/$management');
    const id = Buffer.alloc(16, 7);
    const properties = {
      id: types.wrap_uuid(id),
      half: types.wrap_double(2),
      at: types.wrap_timestamp(1_700_000_000_000),
      long: types.wrap_long(2 ** 40),
    };
    await management.request('com.microsoft:remove-rule', { 'rule-name': '$Default' });
    const added = await management.request('com.microsoft:add-rule', {
      'rule-name': 'typed',
      'rule-description': { 'correlation-filter': { properties }, 'sql-rule-action': null },
    });
    expect(typedSection(added, 0x74).get('statusCode').value).toBe(200);
    const listed = await management.request('com.microsoft:enumerate-rules', { top: 10, skip: 0 });
    for (const encoded of [`98${id.toString('hex')}`, '824000000000000000', '830000018bcfe56800', '810000010000000000'])
      expect(listed.toString('hex')).toContain(encoded);
    const send = await openSender(peer, 2, '/prices');
    await send(message.encode({ application_properties: properties, body: 'x' }));
    await send(
      message.encode({ application_properties: { ...properties, id: types.wrap_uuid(Buffer.alloc(16)) }, body: '' }),
    );
    const counts = bus.serviceBus.broker.counts('prices/Subscriptions/all');
    expect(counts.ok && counts.active).toBe(1);
  });

  test('an unknown operation answers not-implemented', async () => {
    await authorized();
    const management = await openManagement(peer, 1, 'orders/$management');
    const reply = typedSection(await management.request('com.microsoft:do-magic', {}), 0x74);
    expect(reply.get('statusCode').value).toBe(501);
    expect(reply.get('errorCondition').value).toBe('amqp:not-implemented');
  });
});
