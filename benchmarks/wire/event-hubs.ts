import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { connectionStringFor } from '../../tests/support/event-hubs.ts';
import { type PairedRuns, runInPairs } from '../support/paired-runs.ts';
import { type Row, toRow } from '../support/row.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { summarize } from '../support/statistics.ts';

const PAIRS = 7;
const EVENTS = 10_000;
const COST_ROUNDS = 3;
const COST_EVENTS = 40_000;
const ourServer = new URL('./event-hubs-server.ts', import.meta.url);
const body = Buffer.alloc(1024, 'x');
let lastHub = 0;

async function send(port: number, hub: string, count: number): Promise<void> {
  const producer = new EventHubProducerClient(connectionStringFor(port), hub);
  try {
    for (let left = count; left > 0; ) {
      const batch = await producer.createBatch({ partitionId: '0' });
      while (left > 0 && batch.tryAdd({ body })) left -= 1;
      await producer.sendBatch(batch);
    }
  } finally {
    await producer.close();
  }
}

async function receive(port: number, hub: string, count: number): Promise<void> {
  const consumer = new EventHubConsumerClient('$Default', connectionStringFor(port), hub);
  let received = 0;
  await new Promise<void>((resolve, reject) => {
    consumer.subscribe(
      '0',
      {
        async processEvents(events) {
          received += events.length;
          if (received >= count) resolve();
        },
        processError: async (error) => reject(error),
      },
      { startPosition: { offset: '-1' }, maxBatchSize: 100 },
    );
  });
  await consumer.close();
}

interface Cost {
  readonly eventsPerSecond: number;
  readonly serverMicroseconds: number;
  readonly clientMicroseconds: number;
}

/** What `work` costs on both sides, an event. */
async function measure(server: ServerProcess, count: number, work: () => Promise<void>): Promise<Cost> {
  const serverBefore = await server.cpuMicroseconds();
  const clientBefore = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(clientBefore);
  return {
    eventsPerSecond: count / seconds,
    serverMicroseconds: ((await server.cpuMicroseconds()) - serverBefore) / count,
    clientMicroseconds: (user + system) / count,
  };
}

type Workload = (server: ServerProcess, count: number) => Promise<Cost>;

/** Each run has a hub of its own, so that none reads what another has left. */
const workloads: readonly (readonly [string, Workload])[] = [
  [
    'send full batches',
    async (server, count) => {
      const hub = `hub${lastHub++}`;
      return await measure(server, count, () => send(server.port, hub, count));
    },
  ],
  [
    'subscribe with maxBatchSize 100',
    async (server, count) => {
      const hub = `hub${lastHub++}`;
      await send(server.port, hub, count);
      return await measure(server, count, () => receive(server.port, hub, count));
    },
  ],
];

/**
 * Both sides' processor time in the same runs. The server is a new one and each run long, for asking what it has used makes it collect
 * garbage, and that must not be what is measured.
 */
async function costs(run: Workload): Promise<PairedRuns> {
  const server = await startServer(ourServer);
  try {
    const measured: Cost[] = [];
    await run(server, EVENTS);
    for (let round = 0; round < COST_ROUNDS; round += 1) measured.push(await run(server, COST_EVENTS));
    const client = measured.map((cost) => cost.clientMicroseconds);
    return {
      ours: summarize(measured.map((cost) => cost.serverMicroseconds)),
      theirs: summarize(client),
      ratio: summarize(measured.map((cost) => cost.serverMicroseconds / cost.clientMicroseconds)),
      control: summarize(client.slice(1).map((value, index) => value / client[index]!)),
    };
  } finally {
    await server.close();
  }
}

/** One partition, 1 KiB an event: throughput against a bare in-memory rhea server, processor time against the client's, the log's price. */
export async function measureEventHubs(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'crossover-benchmark-'));
  const [ours, bare, durable] = await Promise.all([
    startServer(ourServer),
    startServer(new URL('./bare-rhea-event-hubs.ts', import.meta.url)),
    startServer(ourServer, [folder]),
  ]);
  const rows: Row[] = [];
  try {
    for (const [name, run] of workloads) {
      const rate = (server: ServerProcess) => async () => (await run(server, EVENTS)).eventsPerSecond;
      const throughput = await runInPairs(PAIRS, rate(ours), rate(bare));
      rows.push(toRow(`${name}: against bare rhea`, 'events/s', throughput, { atLeast: 0.9 }));
      const onDisk = await runInPairs(PAIRS, rate(durable), rate(ours));
      rows.push(toRow(`${name}: log on disk against in memory`, 'events/s', onDisk, { atLeast: 0.8 }));
      rows.push(
        toRow(`${name}: server's processor time against the client's`, 'µs/event', await costs(run), { atMost: 0.4 }),
      );
    }
  } finally {
    await Promise.all([ours, bare, durable].map((server) => server.close()));
    await rm(folder, { recursive: true, force: true });
  }
  return rows;
}
