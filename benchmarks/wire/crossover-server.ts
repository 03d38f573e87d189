/** Our Service Bus as the benchmarks start it: one queue; with a folder as argument the journal is on, without it in memory. */
import { startTestServiceBus } from '../../tests/support/service-bus.ts';
import { serve } from '../support/server-process.ts';

const [dataFolder] = process.argv.slice(2);
await serve(() =>
  startTestServiceBus({
    topology: { queues: [{ name: 'q', maxSizeInMegabytes: 5120 }] },
    dataFolder: dataFolder ?? null,
  }),
);
