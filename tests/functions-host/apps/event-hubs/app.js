import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { app, output } from '@azure/functions';

const record = (name, value) => console.log(`RECORD ${name} ${JSON.stringify(value)}`);
const connection = 'Telemetry';

app.eventHub('average', {
  connection,
  eventHubName: 'readings',
  consumerGroup: 'averages',
  handler: (events, context) => {
    record('average', { count: events.length, events, metadata: context.triggerMetadata });
  },
});
app.eventHub('each', {
  connection,
  eventHubName: 'readings',
  consumerGroup: 'single',
  cardinality: 'one',
  return: output.eventHub({ eventHubName: 'alerts', connection }),
  handler: (event, context) => {
    record('each', { event, metadata: context.triggerMetadata });
    return event.alert ? [{ alert: event.n }, { again: event.n }] : undefined;
  },
});
app.eventHub('alerts', {
  connection,
  eventHubName: 'alerts',
  handler: (events, context) => {
    for (const event of events) record('alert', event);
    record('alert-properties', context.triggerMetadata.propertiesArray);
  },
});
app.eventHub('retried', {
  connection,
  eventHubName: 'failing',
  cardinality: 'many',
  retry: {
    strategy: 'exponentialBackoff',
    maxRetryCount: 1,
    minimumInterval: { seconds: 0 },
    maximumInterval: { seconds: 1 },
  },
  handler: (events, context) => {
    record('retried', { events, retryCount: context.retryContext?.retryCount ?? 0 });
    if (events.includes('crash')) crashOnce();
    if (events.includes('bad')) throw new Error('bad reading');
  },
});

/** The next process of the same host finds the mark, and lives. */
function crashOnce() {
  const mark = path.join(tmpdir(), `functions-host-crash-${process.ppid}`);
  if (existsSync(mark)) return rmSync(mark);
  writeFileSync(mark, '');
  process.exit(5);
}
