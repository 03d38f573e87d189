import { createHmac, randomUUID } from 'node:crypto';
import { ACCOUNT_KEY, ACCOUNT_NAME, type ServiceName } from './azurite.ts';

export interface StorageRequest {
  readonly method: 'PUT' | 'POST';
  readonly service: ServiceName;
  /** Below the account: `photos/a.png`, percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const API_VERSION = '2024-11-04';

/**
 * A request to our own storage, signed as the page "Authorize with Shared Key" has it. The SDKs would do the same, but cost
 * half a second to load before anything listens.
 */
export async function sendStorageRequest(accountUrl: string, request: StorageRequest): Promise<Response> {
  const body = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : request.body;
  const length = body?.byteLength ?? 0;
  const headers: Record<string, string> = {
    ...request.headers,
    'x-ms-date': new Date(request.now).toUTCString(),
    'x-ms-version': API_VERSION,
    'x-ms-client-request-id': randomUUID(),
  };
  const signature = createHmac('sha256', Buffer.from(ACCOUNT_KEY, 'base64'))
    .update(stringToSign(request, headers, length), 'utf8')
    .digest('base64');
  const url = new URL(`${accountUrl}/${request.path}`);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  return fetch(url, {
    method: request.method,
    headers: { ...headers, authorization: `SharedKey ${ACCOUNT_NAME}:${signature}` },
    body: body ? new Uint8Array(body) : undefined,
  });
}

function stringToSign(request: StorageRequest, headers: Record<string, string>, length: number): string {
  const contentType = headers['content-type'] ?? '';
  const resource = `/${ACCOUNT_NAME}/${ACCOUNT_NAME}/${request.path}`;
  if (request.service === 'table') return [request.method, '', contentType, headers['x-ms-date'], resource].join('\n');
  const canonicalHeaders = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .sort()
    .map((name) => `${name}:${headers[name]}\n`)
    .join('');
  const query = Object.entries(request.query ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`)
    .join('');
  // Encoding, language, length, MD5, type, date, four conditions, range: empty but for length and type.
  const standard = ['', '', length === 0 ? '' : String(length), '', contentType, '', '', '', '', '', ''].join('\n');
  return `${request.method}\n${standard}\n${canonicalHeaders}${resource}${query}`;
}
