import { performance } from 'node:perf_hooks';
import { compare, runInPairs } from './paired-runs.ts';
import { type Row, toRow } from './row.ts';
import type { ServerProcess } from './server-process.ts';

/** What moving messages through a server costs. */
export interface Cost {
  readonly perSecond: number;
  /** Processor time of either side, a message. */
  readonly serverMicroseconds: number;
  readonly clientMicroseconds: number;
}

/** Puts `count` messages through a server, leaves nothing behind, and says what the measured part cost. */
export type Workload = (server: ServerProcess, count: number) => Promise<Cost>;

/** What `work` with `count` messages costs on both sides; this process is the client. */
export async function measureCost(server: ServerProcess, count: number, work: () => Promise<unknown>): Promise<Cost> {
  const serverBefore = await server.cpuMicroseconds();
  const clientBefore = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(clientBefore);
  return {
    perSecond: count / seconds,
    serverMicroseconds: ((await server.cpuMicroseconds()) - serverBefore) / count,
    clientMicroseconds: (user + system) / count,
  };
}

/** The rows of a workload, all of the same runs: throughput and processor time against the bare server, and against the client's. */
export async function* compareWithBare(
  { name, count, run }: { readonly name: string; readonly count: number; readonly run: Workload },
  ours: ServerProcess,
  bare: ServerProcess,
): AsyncGenerator<Row> {
  const pairs = await runInPairs(
    () => run(ours, count),
    () => run(bare, count),
  );
  const rate = compare(pairs.map(([a, b]) => [a.perSecond, b.perSecond]));
  yield toRow(`${name}: rate against bare rhea`, '/s', rate, { atLeast: 0.9 });
  const share = compare(pairs.map(([a]) => [a.serverMicroseconds, a.clientMicroseconds]));
  yield toRow(`${name}: server's processor time against the client's`, 'µs', share, { atMost: 0.4 });
  const server = compare(pairs.map(([a, b]) => [a.serverMicroseconds, b.serverMicroseconds]));
  yield toRow(`${name}: server's processor time against bare rhea's`, 'µs', server, undefined);
}
