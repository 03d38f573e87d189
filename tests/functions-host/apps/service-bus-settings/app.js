import { app } from '@azure/functions';

const record = (name, value) => console.log(`RECORD ${name} ${JSON.stringify(value)}`);
const connection = 'Shop';

app.serviceBusQueue('keep', {
  connection,
  queueName: 'kept',
  handler: (message, context) => record('keep', { message, deliveryCount: context.triggerMetadata.deliveryCount }),
});
let finishLong;
app.serviceBusQueue('long', {
  connection,
  queueName: 'long',
  autoCompleteMessages: true,
  handler: async (_message, context) => {
    record('long', `begins, delivery ${context.triggerMetadata.deliveryCount}`);
    await new Promise((resolve) => {
      finishLong = resolve;
    });
    record('long', 'ends');
  },
});
app.http('finish-long', { authLevel: 'anonymous', handler: () => finishLong() });
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
