import { app } from '@azure/functions';

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
