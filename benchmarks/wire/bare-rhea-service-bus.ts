/**
 * The peer of the wire benchmarks: the least that the official SDKs take for a Service Bus. Queues are arrays in memory; there are no
 * locks, no timers, no rules and no disk. What our broker costs beyond this is what its promises cost.
 */
import { randomBytes } from 'node:crypto';
import rhea, { type Delivery, type EventContext, type Message, type Receiver, type Sender } from 'rhea';
import { serve } from '../support/server-process.ts';

const BATCH_FORMAT = 0x80013700;

interface Queue {
  readonly messages: Message[];
  readonly senders: Set<Sender>;
}

/** What the SDK reads of every message it receives: the same for all, for nothing here needs more. */
const ANNOTATIONS = {
  'x-opt-sequence-number': rhea.types.wrap_long(1),
  'x-opt-enqueued-time': rhea.types.wrap_timestamp(Date.UTC(2026, 0, 1)),
  'x-opt-locked-until': rhea.types.wrap_timestamp(Date.UTC(2100, 0, 1)),
};

const queues = new Map<string, Queue>();

function queueOf(address: string): Queue {
  let queue = queues.get(address);
  if (!queue) queues.set(address, (queue = { messages: [], senders: new Set() }));
  return queue;
}

function pump(queue: Queue): void {
  for (const sender of queue.senders) {
    while (queue.messages.length > 0 && sender.is_open() && sender.sendable()) {
      sender.send(queue.messages.shift()!, randomBytes(16));
    }
  }
}

function keep(queue: Queue, message: Message): void {
  message.message_annotations = ANNOTATIONS;
  queue.messages.push(message);
}

function takeIn(queue: Queue, context: EventContext): void {
  const { message, delivery } = context as unknown as {
    message: Buffer | { body: unknown };
    delivery: Delivery & { format: number };
  };
  if (delivery.format === BATCH_FORMAT) {
    const body = (rhea.message.decode(message as Buffer) as unknown as { body: { content: Buffer | Buffer[] } }).body
      .content;
    for (const part of Array.isArray(body) ? body : [body])
      keep(queue, rhea.message.decode(part) as unknown as Message);
  } else {
    keep(queue, message as Message);
  }
  delivery.accept();
  pump(queue);
}

function answerToken(context: EventContext): void {
  const request = context.message!;
  const reply = (context.connection as unknown as { cbsReply?: Sender }).cbsReply;
  context.delivery!.accept();
  reply?.send({
    correlation_id: request.message_id,
    application_properties: { 'status-code': 202, statusCode: 202, 'status-description': 'Accepted' },
    body: undefined,
  });
}

function listen(): Promise<{ port: number; close(): Promise<void> }> {
  const container = rhea.create_container({ autoaccept: false, autosettle: false } as never);
  container.sasl_server_mechanisms.enable_anonymous();
  container.on('sender_open', ({ sender, connection }: EventContext) => {
    const address = sender!.source?.address ?? '';
    sender!.set_source({ address } as never);
    sender!.set_target(sender!.target as never);
    if (address === '$cbs') {
      (connection as unknown as { cbsReply: Sender }).cbsReply = sender!;
      return;
    }
    const settled = (sender as unknown as { remote: { attach: { snd_settle_mode: number } } }).remote.attach
      .snd_settle_mode;
    Object.assign((sender as unknown as { local: { attach: object } }).local.attach, { snd_settle_mode: settled });
    setImmediate(() => queueOf(address).senders.add(sender!) && pump(queueOf(address)));
  });
  container.on('receiver_open', ({ receiver }: EventContext) => {
    const link = receiver as Receiver & { max_message_size: number; set_max_message_size?: unknown };
    link.set_target(link.target as never);
    (link as unknown as { local: { attach: { max_message_size: number } } }).local.attach.max_message_size =
      1024 * 1024;
    link.add_credit(2000);
  });
  container.on('message', (context: EventContext) => {
    const address = context.receiver!.target?.address ?? '';
    if (address === '$cbs') return answerToken(context);
    takeIn(queueOf(address), context);
    context.receiver!.add_credit(1);
  });
  container.on('sender_flow', ({ sender }: EventContext) => pump(queueOf(sender!.source?.address ?? '')));
  container.on('sender_draining', ({ sender }: EventContext) =>
    (sender as unknown as { set_drained(d: boolean): void }).set_drained(true),
  );
  container.on('sender_close', ({ sender }: EventContext) =>
    queueOf(sender!.source?.address ?? '').senders.delete(sender!),
  );
  for (const state of ['accepted', 'rejected', 'released', 'modified']) {
    container.on(state, ({ delivery }: EventContext) =>
      (delivery as unknown as { update(settled: boolean, state: unknown): void }).update(
        true,
        (rhea.message as unknown as { accepted(): { described(): unknown } }).accepted().described(),
      ),
    );
  }
  container.on('disconnected', (c: EventContext) => c.error && console.error(c.error));
  container.on('connection_close', () => {});
  container.on('error', (e: unknown) => console.error(e));
  return new Promise((resolve) => {
    const bare = container.listen({
      port: 0,
      host: '127.0.0.1',
      tcp_no_delay: true,
      max_frame_size: 65536,
      session_buffer_size: 1_000_000,
    } as never);
    bare.on('listening', () => {
      const address = bare.address() as { port: number };
      resolve({ port: address.port, close: () => new Promise((done) => bare.close(() => done())) });
    });
  });
}

await serve(listen);
