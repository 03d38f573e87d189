import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareWithBare } from '../support/cost.ts';
import { compare, runInPairs } from '../support/paired-runs.ts';
import { type Row, toRow } from '../support/row.ts';
import { startServer } from '../support/server-process.ts';
import { measureManyConnections } from './many-connections.ts';
import { measureAgainstRabbitMq } from './plain-amqp.ts';
import { latency, workloads } from './workloads.ts';

const ourServer = new URL('./crossover-server.ts', import.meta.url);
const LATENCY_MESSAGES = 250;

/** Rate and processor time against a bare in-memory rhea server; latency; connections; a plain AMQP client against RabbitMQ. */
export async function* measureServiceBus(): AsyncGenerator<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'crossover-benchmark-'));
  const [ours, bare, durable] = await Promise.all([
    startServer(ourServer),
    startServer(new URL('./bare-rhea-service-bus.ts', import.meta.url)),
    startServer(ourServer, ['--data', folder]),
  ]);
  try {
    for (const workload of workloads) yield* compareWithBare(workload, ours, bare);
    yield* measureLatency(ours.port);
    yield* measureManyConnections(ours);
    yield* measureAgainstRabbitMq(ours.port, durable.port);
  } finally {
    await Promise.all([ours.close(), bare.close(), durable.close()]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Against the same broker, to which the SDK's sockets speak without Nagle's algorithm. */
async function* measureLatency(port: number): AsyncGenerator<Row> {
  const connect = Socket.prototype.connect;
  const pairs = await runInPairs(
    () => latency(port, LATENCY_MESSAGES),
    async () => {
      Socket.prototype.connect = function (this: Socket, ...args: Parameters<typeof connect>) {
        return connect.apply(this, args).setNoDelay(true);
      } as typeof connect;
      try {
        return await latency(port, LATENCY_MESSAGES);
      } finally {
        Socket.prototype.connect = connect;
      }
    },
  );
  const median = compare(pairs.map(([a, b]) => [a.p50, b.p50]));
  yield toRow('latency at 100 msg/s, median: against sockets with NODELAY', 'ms', median, { atMost: 1.2 });
  const tail = compare(pairs.map(([a, b]) => [a.p99, b.p99]));
  yield toRow('latency at 100 msg/s, 99th percentile: against sockets with NODELAY', 'ms', tail, { atMost: 2 });
}
