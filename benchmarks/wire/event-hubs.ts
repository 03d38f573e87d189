import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { connectionStringFor } from '../../tests/support/event-hubs.ts';
import { compareWithBare, measureCost, type Workload } from '../support/cost.ts';
import { compare, runInPairs } from '../support/paired-runs.ts';
import { type Row, toRow } from '../support/row.ts';
import { startServer } from '../support/server-process.ts';

const ourServer = new URL('./event-hubs-server.ts', import.meta.url);
const EVENTS = 10_000;
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

/** Each run has a hub of its own, so that none reads what another has left. */
const workloads: readonly { readonly name: string; readonly count: number; readonly run: Workload }[] = [
  {
    name: 'send full batches',
    count: EVENTS,
    async run(server, count) {
      const hub = `hub${lastHub++}`;
      return measureCost(server, count, () => send(server.port, hub, count));
    },
  },
  {
    name: 'subscribe with maxBatchSize 100',
    count: EVENTS,
    async run(server, count) {
      const hub = `hub${lastHub++}`;
      await send(server.port, hub, count);
      return measureCost(server, count, () => receive(server.port, hub, count));
    },
  },
];

/** One partition, 1 KiB an event: rate and processor time against a bare in-memory rhea server, and the log's price. */
export async function* measureEventHubs(): AsyncGenerator<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'crossover-benchmark-'));
  const [ours, bare, durable] = await Promise.all([
    startServer(ourServer),
    startServer(new URL('./bare-rhea-event-hubs.ts', import.meta.url)),
    startServer(ourServer, [folder]),
  ]);
  try {
    for (const workload of workloads) {
      yield* compareWithBare(workload, ours, bare);
      const onDisk = await runInPairs(
        async () => (await workload.run(durable, workload.count)).perSecond,
        async () => (await workload.run(ours, workload.count)).perSecond,
      );
      yield toRow(`${workload.name}: log on disk against in memory`, '/s', compare(onDisk), { atLeast: 0.8 });
    }
  } finally {
    await Promise.all([ours, bare, durable].map((server) => server.close()));
    await rm(folder, { recursive: true, force: true });
  }
}
