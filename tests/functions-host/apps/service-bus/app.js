import { app, output } from '@azure/functions';

const record = (name, value) => console.log(`RECORD ${name} ${JSON.stringify(value)}`);
const connection = 'Shop';

app.serviceBusQueue('take-order', {
  connection,
  queueName: 'orders',
  return: output.serviceBusTopic({ topicName: 'events', connection }),
  handler: (order, context) => {
    record('order', { order, metadata: context.triggerMetadata, trace: context.traceContext.traceParent });
    if (order.fail) throw new Error('no paper');
    return { paid: order.id };
  },
});
app.serviceBusTopic('audit', {
  connection,
  topicName: 'events',
  subscriptionName: 'audit',
  handler: (event, context) => record('audit', { event, trace: context.traceContext.traceParent }),
});
app.serviceBusQueue('dead-letters', {
  connection,
  queueName: 'orders/$DeadLetterQueue',
  handler: (order, context) =>
    record('dead', {
      order,
      reason: context.triggerMetadata.applicationProperties.deadLetterReason,
      deliveryCount: context.triggerMetadata.deliveryCount,
    }),
});
app.serviceBusQueue('work-session', {
  connection,
  queueName: 'sessions',
  isSessionsEnabled: true,
  handler: async (message, context) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    record('session', { message, session: context.triggerMetadata.sessionId });
  },
});
app.serviceBusQueue('bulk', {
  connection,
  queueName: 'bulk',
  cardinality: 'many',
  handler: (messages, context) => {
    record('bulk', {
      messages,
      ids: context.triggerMetadata.messageIdArray,
      properties: context.triggerMetadata.applicationPropertiesArray,
      counts: context.triggerMetadata.deliveryCountArray,
    });
    if (messages.includes('spoilt') && context.triggerMetadata.deliveryCountArray[0] === 1) throw new Error('spoilt');
  },
});
app.serviceBusQueue('crash-once', {
  connection,
  queueName: 'crash',
  handler: (_message, context) => {
    record('crash', context.triggerMetadata.deliveryCount);
    if (context.triggerMetadata.deliveryCount === 1) process.exit(4);
  },
});
app.serviceBusQueue('slow', {
  connection,
  queueName: 'slow',
  handler: async (message) => {
    record('slow', message);
    await new Promise(() => {});
  },
});
app.http('send', {
  methods: ['POST'],
  extraOutputs: [output.serviceBusQueue({ name: 'bulkOut', queueName: 'bulk', connection })],
  handler: async (request, context) => {
    context.extraOutputs.set('bulkOut', await request.json());
    return { status: 202 };
  },
});
