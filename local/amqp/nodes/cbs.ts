import { randomUUID } from 'node:crypto';
import { normalizeAddress } from '../address.ts';
import type { ManagementResponse } from '../api.ts';
import type { Connection } from '../connection.ts';
import type { NodeRequest } from './request-node.ts';

/** `put-token` on `$cbs` (AMQP claims-based security, working draft 2). */
export function putToken(connection: Connection, request: NodeRequest): ManagementResponse {
  const { authorizer, log } = connection.context;
  const properties = request.applicationProperties;
  const operation = properties.get('operation');
  if (operation !== 'put-token') {
    return {
      statusCode: 501,
      statusDescription: `The operation '${String(operation)}' is not implemented.`,
      errorCondition: 'amqp:not-implemented',
    };
  }
  const audience = String(properties.get('name') ?? '');
  const type = String(properties.get('type') ?? '');
  const token = typeof request.body === 'string' ? request.body : String(request.body ?? '');
  const verdict = authorizer.verifyToken(audience, type, token);
  if (!verdict.accepted) {
    log('information', 'amqp', `${connection.id}: a token for '${audience}' was refused: ${verdict.error.description}`);
    return {
      statusCode: 401,
      statusDescription: verdict.error.description,
      errorCondition: verdict.error.condition,
    };
  }
  if (!hasEntity(connection, verdict.scope)) return notFound(connection, audience, verdict.scope);
  connection.tokens.put(audience, verdict);
  return { statusCode: 202, statusDescription: 'Accepted' };
}

/** True for the namespace, and for what is an entity or lies below one: whether there is a subscription of the name is the link's affair. */
function hasEntity({ context }: Connection, scope: string): boolean {
  let path = scope.replace(/(^|\/)\$management$/, '');
  if (path === '') return true;
  for (; path !== ''; path = path.slice(0, Math.max(path.lastIndexOf('/'), 0)))
    if (context.services.some((service) => service.hasEntity(path))) return true;
  return false;
}

/**
 * No link is opened then: .NET says "Put token failed. status-code: 404", Go makes CodeNotFound of it (azservicebus,
 * TestNewClientNewSenderNotFound). Text: github.com/Azure/azure-service-bus/issues/451.
 */
function notFound({ context, hostname }: Connection, audience: string, scope: string): ManagementResponse {
  const path = normalizeAddress(audience).slice(-scope.length);
  const timestamp = new Date(context.clock.now()).toISOString().slice(0, 19);
  return {
    statusCode: 404,
    statusDescription:
      `The messaging entity 'sb://${hostname}/${path}' could not be found. To know more visit https://aka.ms/sbResourceMgrExceptions.  ` +
      `TrackingId:${randomUUID()}_G0, SystemTracker:${hostname}:${path}, Timestamp:${timestamp}`,
    errorCondition: 'amqp:not-found',
  };
}
