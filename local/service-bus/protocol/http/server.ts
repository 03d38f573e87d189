import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { type CertificateSource, eitherTls } from '../../../amqp/index.ts';
import { BodyTooLarge, type HttpReply, type HttpRequest, readRequest } from './exchange.ts';

export interface ListeningServer {
  readonly port: number;
  /** Where requests and upgrades arrive, over TLS or not. */
  readonly server: Server;
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1 and answers every request with what `handle` says; what it throws is a 500. With `tls` the port speaks HTTP and HTTPS:
 * newer administration clients ask for the one, older ones insist on the other.
 */
export async function listen(o: {
  readonly port: number;
  readonly tls?: CertificateSource;
  readonly handle: (request: HttpRequest) => Promise<HttpReply>;
  readonly onError: (error: unknown) => void;
}): Promise<ListeningServer> {
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response, o.handle, o.onError);
  };
  const server = createServer(onRequest);
  const take = (socket: Duplex) => void server.emit('connection', socket);
  // A TLS handshake that fails is the client's affair.
  const door = createSocketServer(o.tls ? eitherTls(o.tls, { plain: take, secure: take, onError: () => {} }) : take);
  const sockets = new Set<Duplex>();
  door.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject);
    door.listen(o.port, '127.0.0.1', () => {
      door.off('error', reject);
      resolve();
    });
  });
  return {
    port: (door.address() as AddressInfo).port,
    server,
    close: () =>
      new Promise((resolve) => {
        door.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
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
  if (reply.reason !== undefined) response.statusMessage = reply.reason;
  response.writeHead(reply.status, {
    server: 'Crossover',
    ...reply.headers,
    ...(reply.status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
  });
  response.end(incoming.method === 'HEAD' ? undefined : body);
}
