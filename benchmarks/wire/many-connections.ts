import { performance } from 'node:perf_hooks';
import { ServiceBusClient } from '@azure/service-bus';
import { runInPairs } from '../support/paired-runs.ts';
import { type Row, toRow } from '../support/row.ts';

const CONNECTIONS = 1_000;
const MESSAGES = 4_000;
const IN_FLIGHT = 64;

/** A thousand clients, each with its own connection, against one: what all of them send in the same time. */
export async function measureManyConnections(port: number): Promise<Row> {
  const connectionString = `Endpoint=sb://localhost:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`;
  const clients = Array.from({ length: CONNECTIONS }, () => new ServiceBusClient(connectionString));
  try {
    const senders = clients.map((client) => client.createSender('q'));
    for (let start = 0; start < senders.length; start += 50) {
      await Promise.all(senders.slice(start, start + 50).map((sender) => sender.sendMessages({ body: 'hello' })));
    }
    const through = async (many: boolean) => {
      const started = performance.now();
      let next = 0;
      const lane = async () => {
        while (next < MESSAGES) {
          const index = next++;
          await senders[many ? index % CONNECTIONS : 0]!.sendMessages({ body: 'x'.repeat(1024) });
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      return MESSAGES / ((performance.now() - started) / 1000);
    };
    const pairs = await runInPairs(
      7,
      () => through(true),
      () => through(false),
    );
    return toRow(`${CONNECTIONS} connections held, sending in turn: against one connection`, 'msg/s', pairs, {
      atLeast: 0.9,
    });
  } finally {
    for (let start = 0; start < clients.length; start += 50) {
      await Promise.all(clients.slice(start, start + 50).map((client) => client.close()));
    }
  }
}
