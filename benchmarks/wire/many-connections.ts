import { ServiceBusClient } from '@azure/service-bus';
import { measureCost } from '../support/cost.ts';
import { compare, runInPairs } from '../support/paired-runs.ts';
import { type Row, toRow } from '../support/row.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { connectionStringFor } from './workloads.ts';

const CONNECTIONS = 1_000;
const MESSAGES = 4_000;
const IN_FLIGHT = 64;
const AT_A_TIME = 50;
const body = Buffer.alloc(1024, 'x');

/**
 * A thousand clients, each with its own connection, against one: what all of them send in the same time. With one connection the messages
 * in flight share packets and system calls, with a thousand each has its own, on both sides; the second row says who pays more for it.
 */
export async function* measureManyConnections(server: ServerProcess): AsyncGenerator<Row> {
  const clients = Array.from({ length: CONNECTIONS }, () => new ServiceBusClient(connectionStringFor(server.port)));
  try {
    const senders = clients.map((client) => client.createSender('q'));
    await inGroups(senders, (sender) => sender.sendMessages({ body }));
    const through = (width: number) => {
      let next = 0;
      const lane = async () => {
        while (next < MESSAGES) await senders[next++ % width]!.sendMessages({ body });
      };
      return measureCost(server, MESSAGES, () => Promise.all(Array.from({ length: IN_FLIGHT }, lane)));
    };
    const pairs = await runInPairs(
      () => through(CONNECTIONS),
      () => through(1),
    );
    const what = `${CONNECTIONS} connections, sending in turn`;
    const rate = compare(pairs.map(([many, one]) => [many.perSecond, one.perSecond]));
    yield toRow(`${what}: rate against one of them`, '/s', rate, { atLeast: 0.9 });
    const share = compare(pairs.map(([many]) => [many.serverMicroseconds, many.clientMicroseconds]));
    yield toRow(`${what}: server's processor time against the client's`, 'µs', share, undefined);
  } finally {
    await inGroups(clients, (client) => client.close());
  }
}

async function inGroups<T>(items: readonly T[], each: (item: T) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < items.length; start += AT_A_TIME)
    await Promise.all(items.slice(start, start + AT_A_TIME).map(each));
}
