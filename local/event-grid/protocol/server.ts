import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../clock/index.ts';
import type { EventSchema } from '../engine/definitions.ts';
import type { PublishedEvent } from '../engine/events.ts';
import { authenticate } from './authentication.ts';
import { errorBody, notImplemented, RequestRefused, tooLarge } from './errors.ts';
import { MOST_BYTES, readEvents } from './read-events.ts';

export interface ServedTopic {
  readonly name: string;
  readonly id: string;
  readonly key: string;
  readonly inputSchema: EventSchema;
}

export interface ServerHandlers {
  readonly clock: Clock;
  readonly newId: () => string;
  /** In any letter case. */
  topic(name: string): ServedTopic | undefined;
  /** Resolves when the events are safe; `throttled`: the topic's ingress limit is reached. */
  publish(topicName: string, events: readonly PublishedEvent[], bytes: number): Promise<'accepted' | 'throttled'>;
  confirmValidation(code: string): boolean;
  /** Topics and subscriptions, for people and tools. */
  listing(): unknown;
  onError(error: unknown): void;
}

export interface EventGridServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A body beyond this is not even read to its end. */
const MOST_BYTES_TO_READ = 64 * MOST_BYTES;
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

/**
 * | request | what |
 * |---|---|
 * | `POST /<topic>/api/events` | publish |
 * | `GET /` | topics and subscriptions with counts, as JSON |
 * | `GET /health` | 200 |
 * | `GET` or `POST /eventsubscriptions/<name>/validate?id=<code>` | confirms a webhook by hand |
 * | `…/topics/<topic>:publish`, `…/eventsubscriptions/<name>:receive` and their kin | pull delivery: 501 |
 *
 * @throws Error when the port cannot be bound
 */
export async function startServer(port: number, handlers: ServerHandlers): Promise<EventGridServer> {
  const server = createServer((request, response) => {
    answer(request, handlers)
      .catch((error: unknown): Answer => {
        const refused =
          error instanceof RequestRefused
            ? error
            : new RequestRefused(500, 'InternalServerError', 'The local Event Grid failed; its log says why.');
        if (refused.status === 500) handlers.onError(error);
        const headers: Record<string, string> = { ...JSON_TYPE };
        if (refused.status === 429) headers['retry-after'] = '1';
        return {
          status: refused.status,
          body: errorBody(refused, handlers.newId(), new Date(handlers.clock.now())),
          headers,
        };
      })
      .then((result) => write(request, response, handlers.newId(), result));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function write(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  { status, body, headers }: Answer,
): void {
  // A body that was refused for its size is not read to its end.
  const isUnread = !request.complete;
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(body ?? ''),
    'x-ms-request-id': requestId,
    ...(isUnread ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const BASE = 'http://127.0.0.1';

async function answer(request: IncomingMessage, handlers: ServerHandlers): Promise<Answer> {
  const target = request.url ?? '/';
  if (!URL.canParse(target, BASE)) throw new RequestRefused(400, 'BadRequest', `'${target}' is no path.`);
  const url = new URL(target, BASE);
  const path = url.pathname;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/' && isRead)
    return { status: 200, body: JSON.stringify(handlers.listing(), null, 2), headers: JSON_TYPE };
  if (path === '/health' && isRead) return { status: 200, body: '{"status":"Healthy"}', headers: JSON_TYPE };
  if (/^\/eventsubscriptions\/[^/]+\/validate$/i.test(path) && (isRead || request.method === 'POST'))
    return validate(url, handlers);
  if (/^\/topics\/[^/]+(:publish|\/eventsubscriptions\/[^/:]+(:[a-z]+)?)$/i.test(path))
    throw notImplemented('Pull delivery (namespace topics)');
  // Names of topics are letters, digits and hyphens: nothing in them is percent-encoded.
  const topicName = /^\/([^/]+)\/api\/events$/i.exec(path)?.[1];
  if (topicName === undefined)
    throw new RequestRefused(404, 'NotFound', `There is nothing at ${path}. Topics are at /<topic>/api/events.`);
  if (request.method === 'OPTIONS') return { status: 200, headers: { allow: 'POST, OPTIONS' } };
  if (request.method !== 'POST')
    throw new RequestRefused(405, 'MethodNotAllowed', `The method ${request.method} is not allowed here.`);
  return publish(request, url, topicName, handlers);
}

async function publish(
  request: IncomingMessage,
  url: URL,
  topicName: string,
  handlers: ServerHandlers,
): Promise<Answer> {
  const body = await readBody(request);
  const topic = handlers.topic(topicName);
  if (!topic) throw new RequestRefused(404, 'NotFound', `The topic '${topicName}' does not exist.`);
  authenticate({ headers: request.headers, url }, topic, handlers.clock.now());
  if (!body) throw tooLarge(MOST_BYTES);
  const events = readEvents(request.headers, body, topic.inputSchema, topic.id);
  if ((await handlers.publish(topic.name, events, body.length)) === 'throttled')
    throw new RequestRefused(429, 'TooManyRequests', 'The topic takes at most 5000 events or 5 MB a second.');
  return { status: 200 };
}

function validate(url: URL, handlers: ServerHandlers): Answer {
  if (handlers.confirmValidation(url.searchParams.get('id') ?? ''))
    return { status: 200, body: '"Webhook successfully validated as a subscription endpoint."', headers: JSON_TYPE };
  throw new RequestRefused(400, 'BadRequest', 'The validation code is unknown or older than 10 minutes.');
}

/**
 * Reads a body to its end, since a connection that is closed on unread bytes may take the answer with it; what is over the
 * limit is read and thrown away. `undefined`: it was too large.
 */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length <= MOST_BYTES) chunks.push(chunk as Buffer);
    else if (length > MOST_BYTES_TO_READ) return undefined;
  }
  return length <= MOST_BYTES ? Buffer.concat(chunks) : undefined;
}
