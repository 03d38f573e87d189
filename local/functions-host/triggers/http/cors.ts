import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CorsPolicy } from '../../types.ts';

/**
 * Cross-origin requests, as the Core Tools allow them by `Host.CORS` of local.settings.json: any method and any header from the
 * origins that are named (ASP.NET Core, "Enable Cross-Origin Requests").
 *
 * @returns true: it was a preflight, and is answered
 */
export function answerCors(request: IncomingMessage, response: ServerResponse, policy: CorsPolicy): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return false;
  const method = request.headers['access-control-request-method'];
  const isPreflight = request.method === 'OPTIONS' && method !== undefined;
  const isForAll = policy.origins.includes('*');
  if (isForAll || policy.origins.some((each) => each.toLowerCase() === origin.toLowerCase())) {
    response.setHeader('Access-Control-Allow-Origin', isForAll ? '*' : origin);
    if (!isForAll) response.setHeader('Vary', 'Origin');
    if (policy.allowsCredentials) response.setHeader('Access-Control-Allow-Credentials', 'true');
    if (isPreflight) {
      response.setHeader('Access-Control-Allow-Methods', method);
      const headers = request.headers['access-control-request-headers'];
      if (headers !== undefined) response.setHeader('Access-Control-Allow-Headers', headers);
    }
  }
  if (isPreflight) {
    request.resume();
    response.writeHead(204).end();
  }
  return isPreflight;
}
