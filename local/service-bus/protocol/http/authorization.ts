import type { Right, TokenVerdict } from '../../../amqp/api.ts';
import type { HttpRequest } from './exchange.ts';
import type { Route } from './route.ts';
import { parseXml } from './xml.ts';

/** What decides: `createAuthorizer` of `local/auth`. */
export interface HttpAuthorizer {
  authorizeHttp(header: string | undefined, resourceUri: string): TokenVerdict;
}

const SUPPLEMENTARY = [
  ['servicebussupplementaryauthorization', 'ForwardTo'],
  ['servicebusdlqsupplementaryauthorization', 'ForwardDeadLetteredMessagesTo'],
] as const;

/**
 * Why the request may not be carried out, or `undefined` if it may. Rights by operation:
 * learn.microsoft.com/azure/service-bus-messaging/service-bus-sas, "Rights required for Service Bus operations".
 */
export function whyUnauthorized(authorizer: HttpAuthorizer, request: HttpRequest, route: Route): string | undefined {
  const needed = rightsFor(route, request.method);
  if (needed.length === 0) return undefined;
  const resource = `${request.origin}/${resourcePath(route, request.path)}`;
  const verdict = authorizer.authorizeHttp(request.header('authorization'), resource);
  if (!verdict.accepted) return `${verdict.error.description} Resource:${resource}.`;
  if (!needed.some((right) => verdict.rights.includes(right))) return claimsText(needed, request.method, resource);
  return request.method === 'PUT' ? whySupplementaryIsRefused(authorizer, request) : undefined;
}

/** Any one of them is enough; none: everybody may. */
function rightsFor(route: Route, method: string): readonly Right[] {
  switch (route.kind) {
    case 'health':
    case 'inspect':
      return [];
    case 'send':
      return ['Send'];
    case 'head':
    case 'locked-message':
      return ['Listen'];
    case 'rule':
    case 'rules':
      return method === 'GET' ? ['Manage', 'Listen'] : ['Manage'];
    default:
      return ['Manage'];
  }
}

function resourcePath(route: Route, path: string): string {
  return route.kind === 'send' || route.kind === 'head' || route.kind === 'locked-message' ? route.entity : path;
}

function claimsText(needed: readonly Right[], method: string, resource: string): string {
  if (!needed.includes('Manage'))
    return `Unauthorized access. '${needed.join(', ')}' claim(s) are required to perform this operation. Resource: '${resource}'.`;
  const action = method === 'PUT' ? 'EntityWrite' : method === 'DELETE' ? 'EntityDelete' : 'EntityRead';
  return `Manage,${action} claims required for this operation. Resource:${resource}.`;
}

/** A token for the entity that messages are to be forwarded to: if it is there, it has to be good. */
function whySupplementaryIsRefused(authorizer: HttpAuthorizer, request: HttpRequest): string | undefined {
  for (const [header, element] of SUPPLEMENTARY) {
    const token = request.header(header);
    if (token === undefined) continue;
    const root = parseXml(request.body.toString('utf8'));
    const content = 'problem' in root ? undefined : root.child('content');
    const target = content?.child(content.childNames[0] ?? '')?.child(element)?.text;
    const verdict = target ? authorizer.authorizeHttp(token, target) : undefined;
    if (verdict && !verdict.accepted) return `${verdict.error.description} Resource:${target}.`;
  }
  return undefined;
}
