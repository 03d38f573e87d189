import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInPairs } from '../support/paired-runs.ts';
import { type Row, toRow } from '../support/row.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { measureManyConnections } from './many-connections.ts';
import { latency, type Workload, workloads } from './workloads.ts';

const PAIRS = 7;
const bareServer = new URL('./bare-rhea-server.ts', import.meta.url);
const ourServer = new URL('./crossover-server.ts', import.meta.url);

/** Throughput against a bare in-memory rhea server; processor time against the client's; the journal's price; latency; connections. */
export async function measureServiceBus(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'crossover-benchmark-'));
  const [ours, bare, durable] = await Promise.all([
    startServer(ourServer),
    startServer(bareServer),
    startServer(ourServer, [folder]),
  ]);
  const rows: Row[] = [];
  try {
    for (const { name, count, run } of workloads) {
      const throughput = await runInPairs(
        PAIRS,
        () => run(ours.port, count),
        () => run(bare.port, count),
      );
      rows.push(toRow(`${name}: against bare rhea`, 'msg/s', throughput, { atLeast: 0.9 }));
      const cpu = await runInPairs(
        3,
        () => serverCpu(ours, run, count),
        () => clientCpu(ours, run, count),
      );
      rows.push(toRow(`${name}: server's processor time against the client's`, 'µs/msg', cpu, { atMost: 0.4 }));
      const journal = await runInPairs(
        3,
        () => run(durable.port, count),
        () => run(ours.port, count),
      );
      rows.push(toRow(`${name}: journal on against in memory`, 'msg/s', journal, { atLeast: 0.8 }));
    }
    rows.push(...(await measureLatency(ours)));
    rows.push(await measureManyConnections(ours.port));
  } finally {
    await Promise.all([ours.close(), bare.close(), durable.close()]);
    await rm(folder, { recursive: true, force: true });
  }
  return rows;
}

async function serverCpu(server: ServerProcess, run: Workload, count: number): Promise<number> {
  const before = await server.cpuMicroseconds();
  await run(server.port, count);
  return ((await server.cpuMicroseconds()) - before) / count;
}

async function clientCpu(server: ServerProcess, run: Workload, count: number): Promise<number> {
  const before = process.cpuUsage();
  await run(server.port, count);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** Against the same broker, to which the SDK's sockets speak without Nagle's algorithm. */
async function measureLatency(server: ServerProcess): Promise<Row[]> {
  const { Socket } = await import('node:net');
  const connect = Socket.prototype.connect;
  const measure = async (isNoDelay: boolean, percentile: 'p50' | 'p99') => {
    Socket.prototype.connect = function (this: InstanceType<typeof Socket>, ...args: Parameters<typeof connect>) {
      const socket = connect.apply(this, args);
      if (isNoDelay) socket.setNoDelay(true);
      return socket;
    } as typeof connect;
    try {
      return (await latency(server.port, 300))[percentile];
    } finally {
      Socket.prototype.connect = connect;
    }
  };
  const p50 = await runInPairs(
    PAIRS,
    () => measure(false, 'p50'),
    () => measure(true, 'p50'),
  );
  const p99 = await runInPairs(
    PAIRS,
    () => measure(false, 'p99'),
    () => measure(true, 'p99'),
  );
  return [
    toRow('latency at 100 msg/s, median: against sockets with NODELAY', 'ms', p50, { atMost: 1.2 }),
    toRow('latency at 100 msg/s, 99th percentile: against sockets with NODELAY', 'ms', p99, { atMost: 2 }),
  ];
}
