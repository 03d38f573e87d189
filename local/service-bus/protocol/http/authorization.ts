import { randomUUID } from 'node:crypto';
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

/** Where the service says why: in the body, or, for what lies below a topic, in the status line alone. */
export type Unauthorized = { readonly detail: string } | { readonly reason: string };

/**
 * Why the request may not be carried out, or `undefined` if it may. Rights by operation:
 * learn.microsoft.com/azure/service-bus-messaging/service-bus-sas, "Rights required for Service Bus operations".
 *
 * @param exists whether there is a queue or topic of a name: the service lets everybody know that there is none
 */
export function whyUnauthorized(
  authorizer: HttpAuthorizer,
  request: HttpRequest,
  route: Route,
  exists: (entity: string) => boolean,
): Unauthorized | undefined {
  const needed = rightsFor(route, request.method);
  if (needed.length === 0) return undefined;
  const resource = `${request.origin}/${resourcePath(route, request.path)}`;
  const verdict = authorizer.authorizeHttp(request.header('authorization'), resource);
  if (!verdict.accepted) return { detail: `${verdict.error.description} Resource:${resource}.` };
  if (!needed.some((right) => verdict.rights.includes(right))) {
    if (route.kind === 'entity' && request.method === 'GET' && !exists(route.name)) return undefined;
    const operation = belowTopic(route, request.method);
    if (operation) return { reason: reasonOf(operation, request) };
    return { detail: claimsText(needed, request.method, resource) };
  }
  const problem = request.method === 'PUT' ? whySupplementaryIsRefused(authorizer, request) : undefined;
  return problem === undefined ? undefined : { detail: problem };
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
  if (method === 'PUT') return 'Authorization failed for specified action: Manage,EntityWrite.';
  if (method === 'DELETE') return 'Authorization failed for specified action: Manage,EntityDelete.';
  return `Manage,EntityRead claims required for this operation. Resource:${resource}.`;
}

/** What the service calls the operation, for subscriptions and rules. */
function belowTopic(route: Route, method: string): string | undefined {
  const verb = method === 'PUT' ? 'CreateOrUpdate' : method === 'DELETE' ? 'Delete' : 'Get';
  switch (route.kind) {
    case 'subscriptions':
      return 'EnumerateSubscriptions';
    case 'rules':
      return 'EnumerateRules';
    case 'subscription':
      return `${verb}Subscription`;
    case 'rule':
      return `${verb}Rule`;
    default:
      return undefined;
  }
}

/** Source: azservicebus, TestAdminClient_LackPermissions_Subscription; github.com/Azure/azure-service-bus/issues/462. */
function reasonOf(operation: string, { host, path, query }: HttpRequest): string {
  const endpoint = `sb://${host}/${encodeURI(path)}${query.size > 0 ? `?${query}` : ''}`;
  return `SubCode=40100: Unauthorized : Unauthorized access for '${operation}' operation on endpoint '${endpoint}'. Tracking Id: ${randomUUID()}_G0`;
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
