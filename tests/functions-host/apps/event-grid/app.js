const { app, output } = require('@azure/functions');

const record = (name, value) => console.log(`RECORD ${name} ${JSON.stringify(value)}`);
const topic = output.eventGrid({ topicEndpointUri: 'TOPIC_URI', topicKeySetting: 'TOPIC_KEY' });

app.eventGrid('on-event', {
  handler: (event, context) => {
    record('event', { event, metadata: context.triggerMetadata });
    if (event.data?.fail) throw new Error('refused');
  },
});
app.eventGrid('on-events', {
  trigger: undefined,
  cardinality: 'many',
  handler: (events) => record('events', events.length),
});
app.http('publish', {
  methods: ['POST'],
  extraOutputs: [topic],
  handler: async (request, context) => {
    context.extraOutputs.set(topic, await request.json());
    return { status: 202 };
  },
});
