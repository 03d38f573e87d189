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
  handler: (events) => {
    for (const event of events) record('alert', event);
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
    if (events.includes('crash') && !process.env.CRASHED) process.exit(5);
    if (events.includes('bad')) throw new Error('bad reading');
  },
});
