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
  connection.tokens.put(audience, verdict);
  return { statusCode: 202, statusDescription: 'Accepted' };
}
