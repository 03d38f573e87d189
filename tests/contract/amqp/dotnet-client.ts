/** The steps that the .NET clients take, over {@link Peer}; numbers refer to the points of amqp-dotnet.md. */
import { createSharedAccessSignature } from '../../../local/auth/index.ts';
import { message, type Peer, type PeerFrame, source, target, types } from './peer.ts';

let lastId = 0;

/** 5, 6: a `$cbs` pair on a session of its own, and a token for the audience; returns the reply. */
export async function putToken(peer: Peer, channel: number, audience: string): Promise<PeerFrame> {
  const replyTo = '0123456789abcdef0123456789abcdef';
  await peer.begin(channel);
  peer.send(channel, 'attach', {
    name: 'duplex1:sender',
    handle: 0,
    role: false,
    snd_settle_mode: 1,
    source: source({}),
    target: target({ address: '$cbs' }),
    initial_delivery_count: 0,
  });
  peer.send(channel, 'attach', {
    name: 'duplex1:receiver',
    handle: 1,
    role: true,
    snd_settle_mode: 1,
    source: source({ address: '$cbs' }),
    target: target({ address: replyTo }),
  });
  peer.send(channel, 'flow', {
    next_incoming_id: 0,
    incoming_window: 5000,
    next_outgoing_id: 1,
    outgoing_window: 5000,
    handle: 1,
    delivery_count: 0,
    link_credit: 50,
  });
  await peer.next('attach', (frame) => frame.channel === channel);
  await peer.next('attach', (frame) => frame.channel === channel);
  const expiresAt = Date.now() + 3_600_000;
  const token = createSharedAccessSignature({
    resource: audience,
    keyName: 'RootManageSharedAccessKey',
    key: 'SAS_KEY_VALUE',
    expiresAt,
  });
  const payload = message.encode({
    message_id: `token-${++lastId}`,
    to: '$cbs',
    reply_to: replyTo,
    application_properties: {
      operation: 'put-token',
      type: 'servicebus.windows.net:sastoken',
      name: audience,
      expiration: types.wrap_timestamp(expiresAt),
    },
    body: token,
  });
  peer.send(
    channel,
    'transfer',
    { handle: 0, delivery_id: 0, delivery_tag: Buffer.from([1]), message_format: 0, settled: true },
    payload,
  );
  return peer.next('transfer', (frame) => frame.channel === channel);
}

export interface ManagementPair {
  /** Sends a request and returns the reply's payload. */
  request(operation: string, body: unknown): Promise<Buffer>;
}

/** A management pair on a session of its own; `address` has no leading slash (8). */
export async function openManagement(peer: Peer, channel: number, address: string): Promise<ManagementPair> {
  const replyTo = 'abcdefabcdefabcdefabcdefabcdefab';
  await peer.begin(channel);
  peer.send(channel, 'attach', {
    name: 'duplex9:sender',
    handle: 0,
    role: false,
    source: source({}),
    target: target({ address }),
    initial_delivery_count: 0,
  });
  peer.send(channel, 'attach', {
    name: 'duplex9:receiver',
    handle: 1,
    role: true,
    source: source({ address }),
    target: target({ address: replyTo }),
  });
  peer.send(channel, 'flow', {
    next_incoming_id: 0,
    incoming_window: 5000,
    next_outgoing_id: 1,
    outgoing_window: 5000,
    handle: 1,
    delivery_count: 0,
    link_credit: 50,
  });
  await peer.next('attach', (frame) => frame.channel === channel);
  await peer.next('attach', (frame) => frame.channel === channel);
  let sent = 0;
  return {
    async request(operation, body) {
      const id = sent++;
      peer.send(
        channel,
        'transfer',
        { handle: 0, delivery_id: id, delivery_tag: Buffer.from([id]), message_format: 0, settled: false },
        message.encode({
          message_id: `request-${id}`,
          reply_to: replyTo,
          application_properties: { operation, 'com.microsoft:server-timeout': types.wrap_uint(60000) },
          body,
        }),
      );
      const reply = await peer.next('transfer', (frame) => frame.channel === channel);
      return reply.payload!;
    },
  };
}

/** Attaches a receiver in .NET's way (9): PeekLock asks for rcv-settle-mode second, ReceiveAndDelete for snd-settle-mode settled. */
export function receiverAttach(address: string, options: { readonly deletes?: boolean; readonly extra?: object } = {}) {
  return {
    name: `receiver-${++lastId}`,
    handle: 0,
    role: true,
    ...(options.deletes ? { snd_settle_mode: 1 } : { rcv_settle_mode: 1 }),
    source: source({ address, ...(options.extra ?? {}) }),
    target: target({ address: 'dotnet' }),
  };
}

export const creditFlow = (linkCredit: number, extra: object = {}) => ({
  next_incoming_id: 0,
  incoming_window: 5000,
  next_outgoing_id: 1,
  outgoing_window: 5000,
  handle: 0,
  delivery_count: 0,
  link_credit: linkCredit,
  ...extra,
});

export function senderAttach(address: string) {
  return {
    name: `sender-${++lastId}`,
    handle: 0,
    role: false,
    source: source({ address: 'dotnet' }),
    target: target({ address }),
    initial_delivery_count: 0,
  };
}

/** Opens a sender on a new session and waits for credit; returns how to send and await the outcome. */
export async function openSender(peer: Peer, channel: number, address: string) {
  await peer.begin(channel);
  peer.send(channel, 'attach', senderAttach(address));
  await peer.next('attach', (frame) => frame.channel === channel);
  await peer.next('flow', (frame) => frame.channel === channel);
  let sent = 0;
  return async (payload: Buffer, extra: object = {}): Promise<PeerFrame> => {
    const id = sent++;
    peer.send(
      channel,
      'transfer',
      { handle: 0, delivery_id: id, delivery_tag: Buffer.from([id]), message_format: 0, settled: false, ...extra },
      payload,
    );
    return peer.next('disposition', (frame) => frame.channel === channel);
  };
}
