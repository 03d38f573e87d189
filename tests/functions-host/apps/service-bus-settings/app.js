import { app } from '@azure/functions';

const record = (name, value) => console.log(`RECORD ${name} ${JSON.stringify(value)}`);
const connection = 'Shop';

app.serviceBusQueue('keep', {
  connection,
  queueName: 'kept',
  handler: (message, context) => record('keep', { message, deliveryCount: context.triggerMetadata.deliveryCount }),
});
app.serviceBusQueue('long', {
  connection,
  queueName: 'long',
  autoCompleteMessages: true,
  handler: async (_message, context) => {
    await new Promise((resolve) => setTimeout(resolve, 6500));
    record('long', context.triggerMetadata.deliveryCount);
  },
});
app.serviceBusQueue('threes', {
  connection,
  queueName: 'threes',
  cardinality: 'many',
  autoCompleteMessages: true,
  handler: (messages) => record('threes', messages),
});
app.serviceBusTopic('session-batch', {
  connection,
  topicName: 'turns',
  subscriptionName: 'all',
  isSessionsEnabled: true,
  cardinality: 'many',
  handler: (messages, context) =>
    record('session-batch', { messages, sessions: context.triggerMetadata.sessionIdArray }),
});
app.serviceBusQueue('not-there', { connection, queueName: 'nowhere', handler: () => {} });
