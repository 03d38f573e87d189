import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/** A request as the handlers see it. */
export interface HttpRequest {
  readonly method: string;
  /** Percent-decoded, without a slash at either end; in the client's letter case. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** `https://localhost:5301`: how the client reached us; links in answers start with it. */
  readonly origin: string;
  /** `localhost:5301` */
  readonly host: string;
  header(name: string): string | undefined;
  /** All headers, names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** As they came, each with its name in the client's letter case. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** Fires when the client goes away before it is answered. */
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  /** What the status line says behind the number; absent: what HTTP calls the status. */
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Above the largest message of the Premium tier (100 MB), so that the broker says what is too large. */
const LARGEST_BODY_BYTES = 105 * 1024 * 1024;

export class BodyTooLarge extends Error {
  constructor() {
    super(`The body of the request is larger than ${LARGEST_BODY_BYTES} bytes.`);
  }
}

/** Reads the whole request. Rejects with {@link BodyTooLarge}, or with the connection's error when the client goes away. */
export async function readRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<HttpRequest> {
  const scheme = (incoming.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';
  const host = incoming.headers.host ?? 'localhost';
  const target = incoming.url ?? '/';
  const queryStart = target.indexOf('?');
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  return {
    method: incoming.method ?? 'GET',
    path: pathOf(target),
    query: new URLSearchParams(queryStart < 0 ? '' : target.slice(queryStart + 1)),
    origin: `${scheme}://${host}`,
    host,
    headers,
    rawHeaders: pairs(incoming.rawHeaders),
    header: (name) => headers.get(name.toLowerCase()),
    body: await readBody(incoming),
    signal,
  };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let lengthBytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    lengthBytes += chunk.length;
    if (lengthBytes > LARGEST_BODY_BYTES) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function pairs(flat: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) result.push([flat[index]!, flat[index + 1]!]);
  return result;
}

/**
 * The path of a request's target, decoded, without slashes at its ends. An absolute target (RFC 9112 §3.2.2) is taken for its path: the Java client
 * opens its WebSockets with `GET https://<host>/$servicebus/websocket`.
 */
export function pathOf(target: string): string {
  const path = target
    .replace(/\?.*$/s, '')
    .replace(/^https?:\/\/[^/]*/i, '')
    .replace(/^\/+|\/+$/g, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
