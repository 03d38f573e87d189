/**
 * The peer of the Event Hubs benchmarks: the least that the official SDK takes for an event hub. Each hub has one partition, an array
 * in memory; there are no positions, no owner levels, no retention and no disk.
 */
import rhea, { type Delivery, type EventContext, type Message, type Receiver, type Sender } from 'rhea';
import { serve } from '../support/server-process.ts';

const BATCH_FORMAT = 0x80013700;
const MAX_MESSAGE_BYTES = 1024 * 1024;

interface Hub {
  readonly events: Message[];
  /** Who reads, and how far. */
  readonly readers: Map<Sender, number>;
}

const hubs = new Map<string, Hub>();

function hubOf(address: string): Hub {
  const name = address.split('/')[0]!;
  let hub = hubs.get(name);
  if (!hub) {
    hub = { events: [], readers: new Map() };
    hubs.set(name, hub);
  }
  return hub;
}

function keep(hub: Hub, event: Message): void {
  const number = hub.events.length;
  event.message_annotations = {
    'x-opt-sequence-number': rhea.types.wrap_long(number),
    'x-opt-offset': String(number * 1200),
    'x-opt-enqueued-time': rhea.types.wrap_timestamp(Date.now()),
  };
  hub.events.push(event);
}

function pump(hub: Hub): void {
  for (const [reader, position] of hub.readers) {
    let next = position;
    while (next < hub.events.length && reader.is_open() && reader.sendable()) reader.send(hub.events[next++]!);
    hub.readers.set(reader, next);
  }
}

function takeIn(hub: Hub, context: EventContext): void {
  const { message, delivery } = context as unknown as { message: Buffer; delivery: Delivery & { format: number } };
  if (delivery.format === BATCH_FORMAT) {
    const { content } = (rhea.message.decode(message) as unknown as { body: { content: Buffer | Buffer[] } }).body;
    for (const part of Array.isArray(content) ? content : [content])
      keep(hub, rhea.message.decode(part) as unknown as Message);
  } else keep(hub, message as unknown as Message);
  delivery.accept();
  pump(hub);
}

function answerToken(context: EventContext): void {
  context.delivery!.accept();
  (context.connection as unknown as { cbsReply: Sender }).cbsReply.send({
    correlation_id: context.message!.message_id,
    application_properties: { 'status-code': 202, 'status-description': 'Accepted' },
    body: undefined,
  });
}

function listen(): Promise<{ port: number; close(): Promise<void> }> {
  const container = rhea.create_container({ autoaccept: false } as never);
  container.sasl_server_mechanisms.enable_anonymous();
  container.on('sender_open', ({ sender, connection }: EventContext) => {
    const link = sender!;
    link.set_source(link.source as never);
    link.set_target(link.target as never);
    const { address } = link.source;
    if (address === '$cbs') (connection as unknown as { cbsReply: Sender }).cbsReply = link;
    else
      setImmediate(() => {
        hubOf(address).readers.set(link, 0);
        pump(hubOf(address));
      });
  });
  container.on('receiver_open', ({ receiver }: EventContext) => {
    const link = receiver as Receiver & { local: { attach: { max_message_size: number } } };
    link.set_target(link.target as never);
    link.local.attach.max_message_size = MAX_MESSAGE_BYTES;
    link.add_credit(2000);
  });
  container.on('message', (context: EventContext) => {
    const { address } = context.receiver!.target;
    if (address === '$cbs') return answerToken(context);
    takeIn(hubOf(address), context);
    context.receiver!.add_credit(1);
  });
  container.on('sender_flow', ({ sender }: EventContext) => pump(hubOf(sender!.source.address)));
  container.on('sender_close', ({ sender }: EventContext) => hubOf(sender!.source.address).readers.delete(sender!));
  container.on('disconnected', ({ error }: EventContext) => error && console.error(error));
  return new Promise((resolve) => {
    const bare = container.listen({
      port: 0,
      host: '127.0.0.1',
      tcp_no_delay: true,
      max_frame_size: 65536,
      session_buffer_size: 1_000_000,
    } as never);
    bare.on('listening', () => {
      const { port } = bare.address() as { port: number };
      resolve({ port, close: () => new Promise((done) => bare.close(() => done())) });
    });
  });
}

await serve(listen);
