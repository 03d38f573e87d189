import { randomUUID } from 'node:crypto';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, RealClock } from '../clock/index.ts';
import type { Log } from '../log.ts';
import type { AmqpError, AmqpServer, AmqpService, Authorizer } from './api.ts';
import { Connection, type ServerContext } from './connection.ts';
import { type CertificateSource, eitherTls } from './either-tls.ts';

export interface AmqpServerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** At least one. The first that owns an address gets its links. */
  readonly services: readonly AmqpService[];
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly log: Log;
  /** Given, the port speaks TLS (AMQPS) too: the first byte tells. */
  readonly tls?: CertificateSource;
}

/** How long peers are given to answer our close. */
const CLOSE_GRACE_MS = 500;

const SHUTTING_DOWN: AmqpError = {
  condition: 'amqp:connection:forced',
  description: 'The service is shutting down.',
};

/**
 * Listens on 127.0.0.1, and on ::1 where there is one, because `localhost` may mean either.
 * @throws the listen error (such as EADDRINUSE) of the IPv4 socket
 */
export async function startAmqpServer(options: AmqpServerOptions): Promise<AmqpServer> {
  const context: ServerContext = {
    services: options.services,
    authorizer: options.authorizer,
    clock: options.clock,
    liveness: new RealClock(),
    log: options.log,
    containerId: randomUUID(),
  };
  const connections = new Set<Connection>();
  const streams = new Set<Duplex>();
  let lastConnection = 0;

  const acceptStream = (stream: Duplex) => {
    lastConnection += 1;
    const connection = new Connection(`connection-${lastConnection}`, stream, context);
    connections.add(connection);
    connection.onClose(() => connections.delete(connection));
  };
  const accept = options.tls
    ? eitherTls(options.tls, {
        plain: acceptStream,
        secure: acceptStream,
        onError: (error) => options.log('debug', 'amqp', `TLS: ${error.message}`),
      })
    : acceptStream;
  const acceptSocket = (socket: net.Socket) => {
    socket.setNoDelay(true);
    accept(socket);
  };
  const listeners: net.Server[] = [];
  const listen = async (host: string, port: number) => {
    const server = net.createServer(acceptSocket);
    server.on('connection', (socket) => {
      streams.add(socket);
      socket.once('close', () => streams.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
    server.on('error', (error) => options.log('error', 'amqp', error.message));
    listeners.push(server);
    return (server.address() as net.AddressInfo).port;
  };
  const port = await listen('127.0.0.1', options.port);
  try {
    await listen('::1', port);
  } catch (error) {
    options.log('debug', 'amqp', `Not listening on ::1: ${(error as Error).message}`);
  }

  return {
    port,
    acceptStream,
    async close() {
      const stopped = listeners.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      const ended = Array.from(
        connections,
        (connection) => new Promise<void>((resolve) => connection.onClose(resolve)),
      );
      for (const connection of connections) connection.close(SHUTTING_DOWN);
      const { liveness } = context;
      const timer = liveness.setTimer(liveness.now() + CLOSE_GRACE_MS, () => {
        for (const connection of connections) connection.destroy();
        for (const stream of streams) stream.destroy();
      });
      await Promise.all([...stopped, ...ended]);
      liveness.clearTimer(timer);
    },
  };
}
