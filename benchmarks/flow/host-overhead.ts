import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ServiceBusClient, type ServiceBusSender } from '@azure/service-bus';
import { compare, runInPairs } from '../support/paired-runs.ts';
import { type Row, toRow } from '../support/row.ts';
import { quantile } from '../support/statistics.ts';
import { startCloud } from './cloud.ts';

const MESSAGES = 250;
const EVERY_MS = 10;
const app = fileURLToPath(new URL('./host-app', import.meta.url));
const subscriber = fileURLToPath(new URL('./bare-subscriber.ts', import.meta.url));

/** From send to handler at 100 messages a second: a function in the Functions host against a subscriber of the SDK, on the same broker. */
export async function* measureHostOverhead(): AsyncGenerator<Row> {
  const cloud = await startCloud([app, '--in-memory', '--create-missing']);
  const { connectionString } = cloud.ready.serviceBus;
  const bare = fork(subscriber, [connectionString, 'bare'], { execArgv: ['--no-warnings'] });
  const client = new ServiceBusClient(connectionString);
  try {
    const throughHost = client.createSender('through-host');
    const throughBare = client.createSender('bare');
    const pairs = await runInPairs(
      () =>
        measure(
          throughHost,
          async () => (await (await fetch(`${cloud.ready.functions!.url}/api/took`)).json()) as number[],
        ),
      () =>
        measure(throughBare, async () => {
          bare.send('took');
          return ((await once(bare, 'message')) as [number[]])[0];
        }),
    );
    const median = compare(pairs.map(([a, b]) => [a.p50, b.p50]));
    yield toRow('send to handler in the Functions host, median: against a bare subscriber', 'ms', median, {
      atMost: 1.5,
    });
    const tail = compare(pairs.map(([a, b]) => [a.p99, b.p99]));
    yield toRow(
      'send to handler in the Functions host, 99th percentile: against a bare subscriber',
      'ms',
      tail,
      undefined,
    );
  } finally {
    await client.close();
    bare.disconnect();
    await cloud.stop();
  }
}

/** @param received what has come since the last question: milliseconds from send to handler */
async function measure(
  sender: ServiceBusSender,
  received: () => Promise<number[]>,
): Promise<{ p50: number; p99: number }> {
  const failures: unknown[] = [];
  for (let sent = 0; sent < MESSAGES; sent++) {
    const sentAt = performance.timeOrigin + performance.now();
    sender.sendMessages({ body: { sentAt } }).catch((error) => failures.push(error));
    await new Promise((wake) => setTimeout(wake, EVERY_MS));
  }
  const took: number[] = [];
  while (took.length < MESSAGES && failures.length === 0) {
    await new Promise((wake) => setTimeout(wake, EVERY_MS));
    took.push(...(await received()));
  }
  if (failures.length > 0) throw failures[0];
  took.sort((a, b) => a - b);
  return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
}
