import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type CorsPolicy, FunctionsHostError } from '../../types.ts';
import type { WebhookAnswer, WebhookRequest } from '../webhooks.ts';
import { BodyTooLarge, readBody } from './body.ts';
import { answerCors } from './cors.ts';
import { sendJson, sendText } from './response.ts';

/** What answers once the app is loaded; until then every request waits. */
export interface HttpApp {
  /** `/admin/…`: the segments after it. */
  admin(method: string, segments: readonly string[], body: Buffer): WebhookAnswer;
  webhook(extension: string, request: WebhookRequest): Promise<WebhookAnswer | undefined>;
  function(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean>;
}

export interface HttpServer {
  readonly port: number;
  /** From now on this answers, also the requests that have waited for it. */
  serve(app: HttpApp): void;
  /** Takes no new connections; what is being answered goes on. */
  stop(): void;
  close(): Promise<void>;
}

/** @throws {@link FunctionsHostError} when the port is taken */
export async function listenHttp(
  port: number,
  cors: CorsPolicy | undefined,
  onError: (error: Error) => void,
): Promise<HttpServer> {
  let serveFirst: (app: HttpApp) => void = () => {};
  let app = new Promise<HttpApp>((resolve) => {
    serveFirst = resolve;
  });
  const server = createServer((request, response) => {
    response.on('error', () => {});
    if (cors && answerCors(request, response, cors)) return;
    route(request, response, app).catch((error: Error) => {
      if (response.headersSent) return response.destroy();
      if (error instanceof BodyTooLarge) return sendText(response, 413, error.message);
      onError(error);
      return sendText(response, 500, '');
    });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
  });
  // The front ends of Azure hold a request for 230 s; nothing here is stricter than that.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
    server.listen(port, '127.0.0.1', resolve);
  });
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    serve(ready) {
      serveFirst(ready);
      app = Promise.resolve(ready);
    },
    stop() {
      server.close();
      server.closeIdleConnections();
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listenError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new FunctionsHostError(
    `Port ${port} of the Functions host is in use: stop what listens there, or choose another one with --functions-port.`,
  );
}

async function route(request: IncomingMessage, response: ServerResponse, ready: Promise<HttpApp>): Promise<void> {
  const app = await ready;
  const target = request.url ?? '/';
  const base = `http://${request.headers.host ?? 'localhost'}`;
  if (!URL.canParse(target, base)) {
    request.resume();
    return sendText(response, 400, `'${target}' is no path, or '${base}' no host.`);
  }
  const url = new URL(target, base);
  const segments = url.pathname.replace(/^\/+|\/+$/g, '').split('/');
  const [first, second, third] = segments.map((segment) => segment.toLowerCase());
  if (first === '' && request.method === 'GET') return sendText(response, 200, 'Your Functions app is up and running.');
  if (first === 'admin') {
    return send(response, app.admin(request.method ?? 'GET', segments.slice(1).map(decode), await readBody(request)));
  }
  if (first === 'runtime' && second === 'webhooks' && third) {
    const answer = await app.webhook(third, {
      method: request.method ?? 'GET',
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      query: url.searchParams,
      body: await readBody(request),
    });
    return send(response, answer ?? { status: 404, text: `The webhook of "${third}" is not implemented.` });
  }
  if (await app.function(request, response, url)) return;
  request.resume();
  sendText(response, 404, '');
}

function send(response: ServerResponse, { status, headers, text, json }: WebhookAnswer): void {
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (json === undefined) sendText(response, status, text ?? '');
  else sendJson(response, status, json);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
