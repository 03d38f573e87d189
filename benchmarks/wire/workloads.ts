import { performance } from 'node:perf_hooks';
import { ServiceBusClient, type ServiceBusReceiver, type ServiceBusSender } from '@azure/service-bus';
import { measureCost, type Workload } from '../support/cost.ts';
import { quantile } from '../support/statistics.ts';

/** 1 KiB, as in every row. */
const body = Buffer.alloc(1024, 'x');
let lastId = 0;
const message = () => ({ body, messageId: String(lastId++) });
const messages = (count: number) => Array.from({ length: count }, message);

export const connectionStringFor = (port: number) =>
  `Endpoint=sb://localhost:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`;

/** A client that is new for each run, and gone after it. */
async function withClient<T>(port: number, work: (client: ServiceBusClient) => Promise<T>): Promise<T> {
  const client = new ServiceBusClient(connectionStringFor(port));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function fill(sender: ServiceBusSender, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 200) await sender.sendMessages(messages(Math.min(200, left)));
}

async function empty(receiver: ServiceBusReceiver, count: number): Promise<void> {
  for (let left = count; left > 0; ) left -= (await receiver.receiveMessages(Math.min(left, 500))).length;
}

/** Receives so many messages and completes each. */
function completeAll(receiver: ServiceBusReceiver, count: number, maxConcurrentCalls: number): Promise<void> {
  let received = 0;
  return new Promise((resolve, reject) => {
    const subscription = receiver.subscribe(
      {
        processMessage: async () => {
          received++;
          if (received === count) setImmediate(() => subscription.close().then(resolve, reject));
        },
        processError: async ({ error }) => reject(error),
      },
      { maxConcurrentCalls },
    );
  });
}

const send =
  (inFlight: number): Workload =>
  (server, count) =>
    withClient(server.port, async (client) => {
      const sender = client.createSender('q');
      await sender.sendMessages(message());
      let left = count;
      const lane = async () => {
        while (left-- > 0) await sender.sendMessages(message());
      };
      const cost = await measureCost(server, count, () => Promise.all(Array.from({ length: inFlight }, lane)));
      await empty(client.createReceiver('q', { receiveMode: 'receiveAndDelete' }), count + 1);
      return cost;
    });

const sendBatches: Workload = (server, count) =>
  withClient(server.port, async (client) => {
    const sender = client.createSender('q');
    await fill(sender, 1);
    const cost = await measureCost(server, count, () => fill(sender, count));
    await empty(client.createReceiver('q', { receiveMode: 'receiveAndDelete' }), count + 1);
    return cost;
  });

const subscribe =
  (maxConcurrentCalls: number): Workload =>
  (server, count) =>
    withClient(server.port, async (client) => {
      await fill(client.createSender('q'), count);
      return measureCost(server, count, () => completeAll(client.createReceiver('q'), count, maxConcurrentCalls));
    });

const receiveAndDelete: Workload = (server, count) =>
  withClient(server.port, async (client) => {
    await fill(client.createSender('q'), count);
    const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' });
    return measureCost(server, count, () => empty(receiver, count));
  });

/** The rows of the throughput table, with how many messages each puts through. */
export const workloads: readonly { readonly name: string; readonly count: number; readonly run: Workload }[] = [
  { name: 'send one by one', count: 1_000, run: send(1) },
  { name: 'send, 32 in flight', count: 4_000, run: send(32) },
  { name: 'send full batches', count: 10_000, run: sendBatches },
  { name: 'subscribe and complete, 1 at a time', count: 1_000, run: subscribe(1) },
  { name: 'subscribe and complete, 16 at a time', count: 4_000, run: subscribe(16) },
  { name: 'subscribe and complete, 64 at a time', count: 4_000, run: subscribe(64) },
  { name: 'receive and delete', count: 5_000, run: receiveAndDelete },
];

/** Sends so many messages in batches, then receives and completes as many; what waited before still does. Messages a second. */
export function turnOver(port: number, queue: string, count: number): Promise<number> {
  return withClient(port, async (client) => {
    const sender = client.createSender(queue);
    const receiver = client.createReceiver(queue);
    await fill(sender, 1);
    const started = performance.now();
    await fill(sender, count);
    await completeAll(receiver, count, 16);
    return count / ((performance.now() - started) / 1000);
  });
}

/** Milliseconds from send to handler at a steady 100 messages a second: median and 99th percentile. */
export function latency(port: number, count: number): Promise<{ p50: number; p99: number }> {
  return withClient(port, async (client) => {
    const sender = client.createSender('q');
    const receiver = client.createReceiver('q');
    await sender.sendMessages(messages(1));
    await empty(receiver, 1);
    const sentAt = new Map<string, number>();
    const took: number[] = [];
    const all = new Promise<void>((resolve, reject) => {
      receiver.subscribe({
        processMessage: async ({ messageId }) => {
          took.push(performance.now() - sentAt.get(String(messageId))!);
          if (took.length === count) resolve();
        },
        processError: async ({ error }) => reject(error),
      });
    });
    for (let index = 0; index < count; index++) {
      const one = message();
      sentAt.set(one.messageId, performance.now());
      void sender.sendMessages(one).catch(() => undefined);
      await new Promise((wake) => setTimeout(wake, 10));
    }
    await all;
    took.sort((a, b) => a - b);
    return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
  });
}
