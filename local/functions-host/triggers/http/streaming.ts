import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Invocation, Invoker } from '../../invoker.ts';
import { hopByHop, sendText } from './response.ts';

/**
 * A streaming app answers HTTP itself: the request goes to its server, marked with the invocation's id, while the
 * invocation itself starts over IPC; the answer streams back (httpProxy.ts and HttpRequest.ts of the library).
 */
export async function forwardStreaming(
  request: IncomingMessage,
  response: ServerResponse,
  httpUri: string,
  invocation: Invocation,
  invoker: Invoker,
): Promise<void> {
  const target = new URL(httpUri);
  const proxied = httpRequest({
    host: '127.0.0.1',
    port: target.port,
    method: request.method,
    path: request.url,
    headers: {
      ...endToEnd(request.headers),
      'x-ms-invocation-id': invocation.invocationId,
      'x-forwarded-host': request.headers.host ?? 'localhost',
      'x-forwarded-proto': 'http',
    },
  });
  const invoked = invoker.invoke(invocation);
  let hasHead = false;
  const answered = new Promise<void>((resolve) => {
    proxied.on('response', async (from) => {
      hasHead = true;
      from.on('close', resolve);
      if (hasOutputs(invocation)) await Promise.race([invoked, delay(outputsFirstMs)]);
      if (response.headersSent || response.destroyed) return;
      response.writeHead(from.statusCode ?? 200, endToEnd(from.headers));
      from.pipe(response);
    });
    // Torn down by the app's process or, below, by us: the invocation's outcome says what to answer.
    proxied.on('error', () => resolve());
  });
  request.pipe(proxied);
  response.on('close', () => proxied.destroy());

  const outcome = await invoked;
  if (outcome.kind === 'succeeded' && (hasHead || outcome.returnValue === undefined) && !response.headersSent) {
    // Either the last bytes are on their way, or the function returned nothing and the app's server will never answer.
    await Promise.race(hasHead ? [answered] : [answered, delay(lastBytesMs)]);
  }
  if (!response.headersSent) {
    proxied.destroy();
    if (outcome.kind === 'succeeded') sendText(response, 204, '');
    else sendText(response, outcome.kind === 'failed' ? 500 : 503, '');
  } else if (outcome.kind !== 'succeeded') {
    // Half an answer must not look like a whole one.
    response.destroy();
  }
  await answered;
}

const lastBytesMs = 200;
/** Who gets the answer may at once look for what the function has put out. A stream that goes on is not held longer than this. */
const outputsFirstMs = 1000;
const delay = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function hasOutputs({ function: { bindings } }: Invocation): boolean {
  return Object.values(bindings).some(({ type, direction }) => direction === 'out' && type.toLowerCase() !== 'http');
}

function endToEnd(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.has(name) && name !== 'x-ms-invocation-id'),
  );
}
