import type { Duplex } from 'node:stream';
import type { CertificateSource } from '../../../amqp/index.ts';
import type { Clock, VirtualClock } from '../../../clock/index.ts';
import type { Log } from '../../../log.ts';
import type { Broker } from '../../engine/api.ts';
import type { Faults, Strike } from '../faults.ts';
import { traced } from './atom/context.ts';
import { errorReply } from './atom/envelope.ts';
import { createAtomHandler } from './atom/handler.ts';
import { type HttpAuthorizer, whyUnauthorized } from './authorization.ts';
import { createDataPlaneHandler } from './data-plane/handler.ts';
import type { HttpReply, HttpRequest } from './exchange.ts';
import { createInspectionHandler } from './inspection/handler.ts';
import { type Route, routeOf } from './route.ts';
import { listen } from './server.ts';
import { serveWebSockets } from './web-socket.ts';

export interface ManagementOptions {
  /** 0: a free one. */
  readonly port: number;
  /** Given, the port speaks HTTPS too, and AMQP over secure WebSockets. */
  readonly certificate?: CertificateSource;
  readonly broker: Broker;
  readonly authorizer: HttpAuthorizer;
  readonly clock: Clock;
  /** Set when time is virtual: the inspection interface steps it. */
  readonly virtualClock?: VirtualClock;
  readonly log: Log;
  /** Absent: no fault can be injected. */
  readonly faults?: Faults;
  /**
   * Where AMQP over WebSockets goes. Clients of both services use one path, so a server that has both services should stand
   * here; with two servers, Service Bus's gets the connections.
   */
  readonly amqpServers?: {
    readonly serviceBus?: { acceptStream(stream: Duplex): void };
    readonly eventHubs?: { acceptStream(stream: Duplex): void };
  };
  /** True when everything that this process serves is ready: what `/health` says. */
  readonly health: () => boolean;
}

export interface Management {
  readonly port: number;
  /** `http://127.0.0.1:5300` */
  readonly url: string;
  /** `https://localhost:5300`, with a certificate. */
  readonly tlsUrl: string | undefined;
  close(): Promise<void>;
}

/**
 * Service Bus over HTTP: management (ATOM), the data plane (REST), `/health`, inspection (docs/inspection.md) and AMQP over
 * WebSockets. Rejects when a port cannot be had.
 */
export async function startManagement(o: ManagementOptions): Promise<Management> {
  const handle = createHandler(o);
  const onError = (error: unknown) =>
    o.log('error', 'management', error instanceof Error ? (error.stack ?? error.message) : String(error));
  const server = await listen({ port: o.port, ...(o.certificate && { tls: o.certificate }), handle, onError });
  const accept = o.amqpServers?.serviceBus ?? o.amqpServers?.eventHubs;
  const endWebSockets = accept && serveWebSockets(server.server, (stream) => accept.acceptStream(stream));
  return {
    port: server.port,
    url: `http://127.0.0.1:${server.port}`,
    tlsUrl: o.certificate && `https://localhost:${server.port}`,
    async close() {
      endWebSockets?.();
      await server.close();
    },
  };
}

function createHandler(o: ManagementOptions): (request: HttpRequest) => Promise<HttpReply> {
  const manage = createAtomHandler(o.broker, o.clock);
  const dataPlane = createDataPlaneHandler(o);
  const inspect = createInspectionHandler(o);
  return async (request) => {
    const route = routeOf(request.method, request.path);
    const fail = (status: number, detail: string) =>
      errorReply(status, traced(detail, o.broker.namespaceName, request.path, o.clock));
    if (route.kind === 'health') return health(o.health());
    if (route.kind === 'inspect') return inspect(request, route.rest);
    const unauthorized = whyUnauthorized(o.authorizer, request, route, (name) => o.broker.describe(name).ok);
    if (unauthorized)
      return 'reason' in unauthorized ? { status: 401, ...unauthorized } : fail(401, unauthorized.detail);
    const strike = strikeOf(o.faults, route, request.path);
    if (strike && strike.delayMs > 0) await elapsed(o.clock, strike.delayMs, request.signal);
    if (strike?.error) return fail(503, `SubCode=50004. ${strike.error.description}`);
    const reply = manage(request, route) ?? (await dataPlane(request, route, fail));
    const unsaved = await durable(o.broker);
    return unsaved ? fail(500, `SubCode=50000. The change could not be saved: ${unsaved.message}`) : reply;
  };
}

function strikeOf(faults: Faults | undefined, route: Route, path: string): Strike | undefined {
  switch (route.kind) {
    case 'send':
      return faults?.strike(route.entity, 'send');
    case 'head':
      return faults?.strike(route.entity, 'receive');
    case 'locked-message':
      return faults?.strike(route.entity, 'settle');
    default:
      return faults?.strike(path, 'manage');
  }
}

/** As the official emulator: 200 when ready, 503 until then. */
function health(isReady: boolean): HttpReply {
  return {
    status: isReady ? 200 : 503,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: isReady ? 'healthy' : 'starting' }),
  };
}

function durable(broker: Broker): Promise<Error | undefined> {
  return new Promise((resolve) => broker.whenDurable(resolve));
}

/** Resolves when the time has passed, or the client has gone. */
function elapsed(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(clock.now() + durationMs, resolve);
    signal.addEventListener('abort', () => {
      clock.clearTimer(timer);
      resolve();
    });
  });
}
