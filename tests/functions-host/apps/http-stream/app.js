import { app, output } from '@azure/functions';

app.setup({ enableHttpStream: true });

app.http('upper', {
  methods: ['POST'],
  route: 'upper/{which}',
  handler: (request) => {
    const decoder = new TextDecoder();
    const upper = new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(new TextEncoder().encode(decoder.decode(chunk, { stream: true }).toUpperCase()));
      },
    });
    return {
      body: request.body.pipeThrough(upper),
      headers: { 'x-which': request.params.which, 'x-in': request.headers.get('x-in') ?? '' },
    };
  },
});
app.get('stream-nothing', { handler: () => undefined });
app.get('stream-fails', {
  handler: () => {
    throw new Error('torn');
  },
});
const events = output.eventGrid({ topicEndpointUri: 'TopicUri', topicKeySetting: 'TopicKey' });
app.post('stream-and-publish', {
  extraOutputs: [events],
  handler: (_request, context) => {
    context.extraOutputs.set(events, { id: '1', subject: 's', eventType: 't', dataVersion: '1', data: {} });
    return { status: 201, body: 'published' };
  },
});
