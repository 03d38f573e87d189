/**
 * Our Service Bus as the benchmarks start it: a queue `q`, and for the rows about size `few` and `many`. With `--data` the journal is on, without it
 * everything is in memory; with `--waiting` there are 1,000 messages in `few` and so many in `many`.
 */
import { parseArgs } from 'node:util';
import { encodeDataBody, encodeProperties } from '../../local/amqp/codec/index.ts';
import { startTestServiceBus } from '../../tests/support/service-bus.ts';
import { serve } from '../support/server-process.ts';

const { values } = parseArgs({ options: { data: { type: 'string' }, waiting: { type: 'string' } } });
await serve(async () => {
  const server = await startTestServiceBus({
    topology: {
      queues: ['q', 'few', 'many'].map((name) => ({ name, maxSizeInMegabytes: 5120, lockDuration: 'PT5M' })),
    },
    dataFolder: values.data ?? null,
  });
  if (values.waiting !== undefined) {
    const properties = { messageId: 'waiting' };
    const content = Buffer.concat([encodeProperties(properties), encodeDataBody(Buffer.alloc(1024, 'x'))]);
    const { broker } = server.serviceBus;
    for (const [queue, count] of [
      ['few', 1_000],
      ['many', Number(values.waiting)],
    ] as const)
      for (let sent = 0; sent < count; sent += 1) broker.send(queue, [{ content, properties }]);
  }
  return server;
});
