import rhea, { type Delivery, type EventContext, type Message, type Receiver, type Sender } from 'rhea';
import { serve } from '../support/server-process.ts';

/** A transfer whose data sections are messages of their own (Microsoft's extension to AMQP). */
const BATCH_FORMAT = 0x8001_3700;
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** What a bare broker does with messages; the entities come to be when a link names them. */
export interface BareEntities {
  keep(address: string, message: Message): void;
  /** Sends to whoever has credit. */
  pump(address: string): void;
  opened(sender: Sender, address: string): void;
  closed(sender: Sender, address: string): void;
}

/**
 * The peers of the wire benchmarks are the least that the official SDKs take for a broker, on rhea: any token is accepted, messages are
 * arrays in memory; no locks, no timers, no rules, no disk. What our brokers cost beyond this is what their promises cost.
 */
export function serveBare(entities: BareEntities): Promise<void> {
  return serve(() => listen(entities));
}

function listen(entities: BareEntities): Promise<{ port: number; close(): Promise<void> }> {
  const container = rhea.create_container({ autoaccept: false, autosettle: false } as never);
  container.sasl_server_mechanisms.enable_anonymous();
  container.on('sender_open', ({ sender, connection }: EventContext) => {
    const link = sender as Sender & Attached;
    link.set_source(link.source as never);
    link.set_target(link.target as never);
    // What the peer asked for: receive-and-delete is a link whose transfers are settled.
    link.local.attach.snd_settle_mode = link.remote.attach.snd_settle_mode;
    const { address } = link.source;
    if (address === '$cbs') (connection as unknown as Tokens).replies = link;
    else
      setImmediate(() => {
        entities.opened(link, address);
        entities.pump(address);
      });
  });
  container.on('receiver_open', ({ receiver }: EventContext) => {
    const link = receiver as Receiver & Attached;
    link.set_target(link.target as never);
    link.local.attach.max_message_size = MAX_MESSAGE_BYTES;
    link.add_credit(2000);
  });
  container.on('message', (context: EventContext) => {
    const { address } = context.receiver!.target;
    if (address === '$cbs') return answerToken(context);
    for (const message of messagesOf(context)) entities.keep(address, message);
    context.delivery!.accept();
    entities.pump(address);
    context.receiver!.add_credit(1);
  });
  container.on('sender_flow', ({ sender }: EventContext) => entities.pump(sender!.source.address));
  container.on('sender_draining', ({ sender }: EventContext) =>
    (sender as unknown as { set_drained(isDrained: boolean): void }).set_drained(true),
  );
  container.on('sender_close', ({ sender }: EventContext) => entities.closed(sender!, sender!.source.address));
  for (const state of ['accepted', 'rejected', 'released', 'modified'])
    container.on(state, ({ delivery }: EventContext) => settle(delivery!));
  container.on('disconnected', ({ error }: EventContext) => error && console.error(error));
  return new Promise((resolve) => {
    const server = container.listen({
      port: 0,
      host: '127.0.0.1',
      tcp_no_delay: true,
      max_frame_size: 65_536,
      session_buffer_size: 1_000_000,
    } as never);
    server.on('listening', () => {
      const { port } = server.address() as { port: number };
      resolve({ port, close: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

/** What rhea has and its types do not show. */
interface Attached {
  readonly local: { readonly attach: { snd_settle_mode: number; max_message_size: number } };
  readonly remote: { readonly attach: { readonly snd_settle_mode: number } };
}
interface Tokens {
  replies: Sender;
}
interface Encoded {
  readonly message: Buffer;
  readonly delivery: Delivery & { readonly format: number };
}

function messagesOf(context: EventContext): Message[] {
  const { message, delivery } = context as unknown as Encoded;
  if (delivery.format !== BATCH_FORMAT) return [context.message!];
  const { body } = rhea.message.decode(message) as unknown as { body: { content: Buffer | Buffer[] } };
  const parts = Array.isArray(body.content) ? body.content : [body.content];
  return parts.map((part) => rhea.message.decode(part) as unknown as Message);
}

function settle(delivery: Delivery): void {
  const { accepted } = rhea.message as unknown as { accepted(): { described(): unknown } };
  (delivery as unknown as { update(isSettled: boolean, state: unknown): void }).update(true, accepted().described());
}

function answerToken({ connection, delivery, message }: EventContext): void {
  delivery!.accept();
  (connection as unknown as Tokens).replies.send({
    correlation_id: message!.message_id,
    application_properties: { 'status-code': 202, statusCode: 202, 'status-description': 'Accepted' },
    body: undefined,
  });
}
