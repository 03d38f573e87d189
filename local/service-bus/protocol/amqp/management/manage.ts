import type { ManagementRequest, ManagementResponse } from '../../../../amqp/api.ts';
import { DecodeError } from '../../../../amqp/codec/index.ts';
import { type ProtocolContext, struck, traced } from '../context.ts';
import { messageOperations } from './message-operations.ts';
import { BadRequest, failed, ManagementCall, type ManagementOperation } from './operation.ts';
import { ruleOperations } from './rule-operations.ts';
import { sessionOperations } from './session-operations.ts';

/** Every operation of `$management` (amqp-request-response); what is not here answers not-implemented. */
const OPERATIONS: ReadonlyMap<string, ManagementOperation> = new Map(
  Object.entries({ ...messageOperations, ...sessionOperations, ...ruleOperations }),
);

export async function manage(context: ProtocolContext, request: ManagementRequest): Promise<ManagementResponse> {
  const operation = OPERATIONS.get(request.operation);
  const refuse = (status: number, condition: string, description: string) =>
    failed(status, traced(context, { condition, description }, request.entity));
  if (!operation) {
    return refuse(501, 'amqp:not-implemented', `The operation '${request.operation}' is not implemented.`);
  }
  if (!request.connection.isAuthorized(`${request.entity}/$management`, operation.right)) {
    return refuse(
      401,
      'amqp:unauthorized-access',
      `Unauthorized access. '${operation.right}' claim(s) are required to perform this operation. ` +
        `Resource: 'sb://${request.connection.hostname}/${request.entity.toLowerCase()}'.`,
    );
  }
  context.ensureEntity?.(request.entity, operation.right === 'Send' ? 'sender' : 'receiver');
  return new Promise((resolve, reject) => {
    struck(context, request.entity, 'manage', (error) => {
      if (error) return resolve(failed(503, error));
      try {
        resolve(operation.run(new ManagementCall(context, request)));
      } catch (problem) {
        const isPeers = problem instanceof BadRequest || problem instanceof DecodeError || problem instanceof TypeError;
        if (isPeers) resolve(refuse(400, 'com.microsoft:argument-error', problem.message));
        else reject(problem);
      }
    });
  });
}
