import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { BodyTooLarge, type HttpReply, type HttpRequest, readRequest } from './exchange.ts';

export interface ListeningServer {
  readonly port: number;
  readonly server: Server;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 and answers every request with what `handle` says; what it throws is a 500. */
export async function listen(o: {
  readonly port: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly handle: (request: HttpRequest) => Promise<HttpReply>;
  readonly onError: (error: unknown) => void;
}): Promise<ListeningServer> {
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response, o.handle, o.onError);
  };
  const server: Server = o.tls ? createTlsServer({ ...o.tls }, onRequest) : createServer(onRequest);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(o.port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  handle: (request: HttpRequest) => Promise<HttpReply>,
  onError: (error: unknown) => void,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  let reply: HttpReply;
  try {
    reply = await handle(await readRequest(incoming, gone.signal));
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof BodyTooLarge)) onError(error);
    reply =
      error instanceof BodyTooLarge ? { status: 413, body: error.message } : { status: 500, body: 'Internal error.' };
  }
  if (gone.signal.aborted) return;
  const body = reply.body ?? '';
  response.writeHead(reply.status, {
    server: 'Crossover',
    ...reply.headers,
    ...(reply.status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
  });
  response.end(incoming.method === 'HEAD' ? undefined : body);
}
