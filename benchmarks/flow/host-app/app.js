import { app } from '@azure/functions';

let took = [];

app.serviceBusQueue('take', {
  connection: 'ServiceBus',
  queueName: 'through-host',
  handler: ({ sentAt }) => {
    took.push(performance.timeOrigin + performance.now() - sentAt);
  },
});

/** How long the messages since the last question were under way, in milliseconds. */
app.http('took', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: () => {
    const jsonBody = took;
    took = [];
    return { jsonBody };
  },
});
