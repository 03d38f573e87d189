import { performance } from 'node:perf_hooks';
import { ServiceBusClient } from '@azure/service-bus';
import { compare, runInPairs } from '../support/paired-runs.ts';
import { type Row, toRow } from '../support/row.ts';
import { connectionStringFor } from './workloads.ts';

const CONNECTIONS = 1_000;
const MESSAGES = 4_000;
const IN_FLIGHT = 64;
const AT_A_TIME = 50;
const body = Buffer.alloc(1024, 'x');

/** A thousand clients, each with its own connection, against one: what all of them send in the same time. */
export async function measureManyConnections(port: number): Promise<Row> {
  const clients = Array.from({ length: CONNECTIONS }, () => new ServiceBusClient(connectionStringFor(port)));
  try {
    const senders = clients.map((client) => client.createSender('q'));
    await inGroups(senders, (sender) => sender.sendMessages({ body }));
    const through = async (width: number) => {
      const started = performance.now();
      let next = 0;
      const lane = async () => {
        while (next < MESSAGES) await senders[next++ % width]!.sendMessages({ body });
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      return MESSAGES / ((performance.now() - started) / 1000);
    };
    const pairs = await runInPairs(
      () => through(CONNECTIONS),
      () => through(1),
    );
    return toRow(`${CONNECTIONS} connections, sending in turn: against one of them`, '/s', compare(pairs), {
      atLeast: 0.9,
    });
  } finally {
    await inGroups(clients, (client) => client.close());
  }
}

async function inGroups<T>(items: readonly T[], each: (item: T) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < items.length; start += AT_A_TIME)
    await Promise.all(items.slice(start, start + AT_A_TIME).map(each));
}
