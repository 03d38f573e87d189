import type { ServerResponse } from 'node:http';
import type { HttpCookie, HttpData } from '../../rpc.ts';

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  if (text !== '') response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(text);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(value));
}

/** What a function returned; nothing at all is 204 (learn.microsoft.com, "Azure Functions HTTP output bindings"). */
export function sendHttpData(response: ServerResponse, data: HttpData | undefined, isHead: boolean): void {
  if (!data) {
    sendText(response, 204, '');
    return;
  }
  response.statusCode = Number(data.statusCode ?? 200);
  for (const [name, value] of Object.entries(data.headers ?? {})) {
    if (!hopByHop.has(name.toLowerCase())) response.setHeader(name, value);
  }
  const cookies = (data.cookies ?? []).map(serializeCookie);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  const body = data.body?.bytes ?? (data.body?.string === undefined ? undefined : Buffer.from(data.body.string));
  response.end(isHead || body === undefined ? undefined : body);
}

/** Headers of one connection, not of the message: the server writes its own (RFC 9110, 7.6.1). */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** RFC 6265, 4.1.1. The value is percent-encoded, as ASP.NET's cookie builder does. */
function serializeCookie(cookie: HttpCookie): string {
  const parts = [`${cookie.name ?? ''}=${encodeURIComponent(cookie.value ?? '')}`];
  const { domain, path, expires, maxAge, secure, httpOnly, sameSite } = cookie;
  if (expires?.value) parts.push(`expires=${new Date(Number(expires.value.seconds ?? 0) * 1000).toUTCString()}`);
  if (maxAge?.value !== undefined) parts.push(`max-age=${Math.trunc(maxAge.value)}`);
  if (domain?.value) parts.push(`domain=${domain.value}`);
  parts.push(`path=${path?.value ?? '/'}`);
  if (secure?.value) parts.push('secure');
  if (sameSite === 'explicitNone') parts.push('samesite=none');
  else if (sameSite && sameSite !== 'none') parts.push(`samesite=${sameSite}`);
  if (httpOnly?.value) parts.push('httponly');
  return parts.join('; ');
}
