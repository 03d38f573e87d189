const { app } = require('@azure/functions');
const { ServiceBusClient } = require('@azure/service-bus');

const record = (name, value) => console.log(`RECORD ${name} ${JSON.stringify(value)}`);

app.eventGrid('hear-of-blobs', {
  handler: ({ eventType, subject, data }) => record('blob', { eventType, subject, api: data.api }),
});

let refusals = 0;
app.eventGrid('be-moody', {
  handler: ({ id }) => {
    record('mood', id);
    refusals += 1;
    if (refusals === 1) throw new Error('not now');
  },
});

/** Takes one message and leaves. */
app.eventGrid('take-one', {
  handler: async ({ data }) => {
    const client = new ServiceBusClient(process.env.Bus);
    const receiver = client.createReceiver(data.queueName, { receiveMode: 'receiveAndDelete' });
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
    await client.close();
    record('taken', message?.body ?? null);
  },
});

/** What the process dies of at the first delivery is worked on at the second. */
app.storageQueue('die-once', {
  queueName: 'deadly',
  connection: 'AzureWebJobsStorage',
  handler: (_message, { triggerMetadata }) => {
    if (triggerMetadata.dequeueCount === 1) process.exit(3);
    record('survived', triggerMetadata.dequeueCount);
  },
});
