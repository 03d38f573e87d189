import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import rhea, { type Connection, type Receiver, type Sender } from 'rhea';
import { compare, type Pair, runInPairs } from '../support/paired-runs.ts';
import { type Goal, type Row, toRow, toSkippedRow } from '../support/row.ts';
import { startRabbitMq } from './rabbitmq.ts';

const MESSAGES = 5_000;
/** What may be under way and not settled. */
const WINDOW = 200;
const body = Buffer.alloc(1024, 'x');

interface Broker {
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly address: string;
  /** Whether messages ask to survive a restart. */
  readonly durable: boolean;
}

interface Rates {
  readonly send: number;
  readonly receive: number;
}

const ours = (port: number, durable: boolean): Broker => ({
  port,
  username: 'RootManageSharedAccessKey',
  password: 'SAS_KEY_VALUE',
  address: 'q',
  durable,
});

/** A plain AMQP 1.0 client (rhea) on our broker and on RabbitMQ: in memory, and with everything on disk before it is acknowledged. */
export async function* measureAgainstRabbitMq(inMemoryPort: number, durablePort: number): AsyncGenerator<Row> {
  const rabbit = await startRabbitMq();
  if (typeof rabbit === 'string') {
    yield toSkippedRow('plain AMQP client: in memory and journal on, against RabbitMQ', rabbit);
    return;
  }
  const theirs = (queue: 'transient' | 'durable'): Broker => ({
    port: rabbit.port,
    username: 'guest',
    password: 'guest',
    address: `/amq/queue/${queue}`,
    durable: queue === 'durable',
  });
  try {
    yield* rows('in memory, against RabbitMQ transient', ours(inMemoryPort, false), theirs('transient'), {
      atLeast: 1.2,
    });
    yield* rows('journal on, against RabbitMQ durable', ours(durablePort, true), theirs('durable'), { atLeast: 0.8 });
  } finally {
    await rabbit.close();
  }
}

async function* rows(what: string, a: Broker, b: Broker, goal: Goal): AsyncGenerator<Row> {
  const pairs: readonly Pair<Rates>[] = await runInPairs(
    () => sendAndReceive(a),
    () => sendAndReceive(b),
  );
  const send = compare(pairs.map(([first, second]) => [first.send, second.send]));
  yield toRow(`plain AMQP client sends, ${what}`, '/s', send, goal);
  const receive = compare(pairs.map(([first, second]) => [first.receive, second.receive]));
  yield toRow(`plain AMQP client receives and accepts, ${what}`, '/s', receive, goal);
}

async function sendAndReceive(broker: Broker): Promise<Rates> {
  const { port, username, password, address, durable } = broker;
  const connection = rhea.create_container().connect({ host: '127.0.0.1', port, username, password, reconnect: false });
  try {
    await once(connection, 'connection_open');
    return {
      send: await rate((done) => send(connection, address, durable, done)),
      receive: await rate((done) => receive(connection, address, done)),
    };
  } finally {
    connection.close();
    await once(connection, 'connection_close');
  }
}

/** @param work calls back when all messages are through */
async function rate(work: (done: () => void) => Sender | Receiver): Promise<number> {
  const started = performance.now();
  let ended = started;
  let link: Sender | Receiver | undefined;
  await new Promise<void>((resolve) => {
    link = work(resolve);
  });
  ended = performance.now();
  link!.close();
  return MESSAGES / ((ended - started) / 1000);
}

function send(connection: Connection, target: string, durable: boolean, done: () => void): Sender {
  const sender = connection.open_sender({ target, autosettle: true });
  let sent = 0;
  let accepted = 0;
  const more = () => {
    for (; sent < MESSAGES && sent - accepted < WINDOW && sender.sendable(); sent++) sender.send({ durable, body });
  };
  sender.on('sendable', more);
  sender.on('accepted', () => {
    accepted++;
    if (accepted === MESSAGES) done();
    else more();
  });
  return sender;
}

function receive(connection: Connection, source: string, done: () => void): Receiver {
  const receiver = connection.open_receiver({ source, credit_window: WINDOW });
  let received = 0;
  receiver.on('message', () => {
    received++;
    if (received === MESSAGES) setImmediate(done);
  });
  return receiver;
}
