import type { Broker } from '../../../engine/api.ts';
import type { HttpReply, HttpRequest } from '../exchange.ts';
import type { Fail } from './handler.ts';
import { refuse } from './refuse.ts';

/**
 * What the `Location` of a locked message answers: DELETE completes it, PUT unlocks it (which counts as a failed delivery), POST
 * renews its lock. Source: learn.microsoft.com/rest/api/servicebus/delete-message, …/unlock-message, …/renew-lock-for-a-message.
 */
export function lockedMessage(
  broker: Broker,
  request: HttpRequest,
  entity: string,
  lockToken: string,
  fail: Fail,
): HttpReply {
  const outcome = act(broker, request.method, entity, lockToken);
  if (!outcome) return fail(405, `The method ${request.method} is not allowed here.`);
  if (outcome.ok) return { status: 200 };
  if (outcome.outcome === 'lock-lost' || outcome.outcome === 'message-not-found')
    return fail(404, 'No message was found with the specified MessageId or LockToken.');
  return refuse(outcome, fail);
}

function act(broker: Broker, method: string, entity: string, lockToken: string) {
  switch (method) {
    case 'DELETE':
      return broker.settle(entity, lockToken, { kind: 'complete' });
    case 'PUT':
      return broker.settle(entity, lockToken, { kind: 'abandon' });
    case 'POST':
      return broker.renewLocks(entity, [lockToken]);
    default:
      return undefined;
  }
}
