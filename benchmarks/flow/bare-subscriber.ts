/** The peer of the host benchmark: the official SDK's subscriber in a process of its own, as a Functions app is one. */
import { ServiceBusClient } from '@azure/service-bus';

let took: number[] = [];
const [connectionString, queue] = process.argv.slice(2);
const client = new ServiceBusClient(connectionString!);
client.createReceiver(queue!).subscribe(
  {
    processMessage: async ({ body }) => {
      took.push(performance.timeOrigin + performance.now() - (body as { sentAt: number }).sentAt);
    },
    processError: async ({ error }) => console.error(error),
  },
  { maxConcurrentCalls: 16 },
);
process.on('message', () => {
  process.send?.(took);
  took = [];
});
process.on('disconnect', () => client.close().then(() => process.exit(0)));
