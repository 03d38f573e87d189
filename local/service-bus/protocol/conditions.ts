import type { AmqpError } from '../../amqp/api.ts';
import type { Refusal, RefusalName } from '../engine/outcomes.ts';
import { parsePath, subQueuePath } from '../engine/paths.ts';

/**
 * The single table from what the engine refuses to what goes over the wire: the AMQP condition, the status on `$management`, and
 * the status over HTTP. `retriable` is what the service's clients make of it.
 */
export interface Condition {
  readonly condition: string;
  readonly managementStatus: number;
  readonly httpStatus: number;
  readonly retriable: boolean;
}

const fixed = (condition: string, managementStatus: number, httpStatus = managementStatus): Condition => ({
  condition,
  managementStatus,
  httpStatus,
  retriable: false,
});

export const CONDITIONS: Readonly<Record<RefusalName, Condition>> = {
  'entity-not-found': fixed('amqp:not-found', 404),
  'entity-already-exists': fixed('com.microsoft:entity-already-exists', 409),
  'entity-disabled': fixed('com.microsoft:entity-disabled', 400, 403),
  'rule-not-found': fixed('amqp:not-found', 404),
  'rule-already-exists': fixed('com.microsoft:entity-already-exists', 409),
  'invalid-rule': fixed('com.microsoft:argument-error', 400),
  'not-allowed': fixed('amqp:not-allowed', 400),
  'session-id-missing': fixed('amqp:not-allowed', 400),
  'lock-lost': fixed('com.microsoft:message-lock-lost', 410),
  'session-lock-lost': fixed('com.microsoft:session-lock-lost', 410),
  'session-cannot-be-locked': fixed('com.microsoft:session-cannot-be-locked', 410),
  timeout: { ...fixed('com.microsoft:timeout', 408, 204), retriable: true },
  'message-not-found': fixed('com.microsoft:message-not-found', 404),
  'message-size-exceeded': fixed('amqp:link:message-size-exceeded', 403),
  'quota-exceeded': fixed('amqp:resource-limit-exceeded', 403),
  'limit-exceeded': fixed('amqp:resource-limit-exceeded', 403),
  'invalid-argument': fixed('com.microsoft:argument-error', 400),
  'argument-out-of-range': fixed('com.microsoft:argument-out-of-range', 400),
  'not-in-tier': fixed('amqp:not-allowed', 400),
  'transaction-not-found': fixed('amqp:transaction:unknown-id', 404),
  'transaction-failed': fixed('amqp:transaction:rollback', 400),
  canceled: fixed('com.microsoft:operation-cancelled', 400),
};

/**
 * The service's text for a refusal. `namespaceHost` is the host that the peer talks to, which the service repeats with the path
 * of an entity that is not there.
 */
export function describeRefusal(refusal: Refusal, namespaceHost: string): string {
  if (refusal.outcome !== 'entity-not-found') return refusal.detail;
  return `The messaging entity '${nameOf(refusal.entity, namespaceHost)}' could not be found. To know more visit https://aka.ms/sbResourceMgrExceptions. `;
}

/**
 * A subscription has a name of its own form: live test of `@azure/service-bus`, "non existing subscription";
 * github.com/MicrosoftDocs/azure-docs/issues/73870.
 */
function nameOf(entity: string, namespaceHost: string): string {
  const { root, subscription, subQueue } = parsePath(entity);
  if (subscription === undefined) return namespaceHost === '' ? entity : `sb://${namespaceHost}/${entity}`;
  const namespace = /^\d/.test(namespaceHost) ? namespaceHost : namespaceHost.replace(/[.:].*$/, '');
  return `${namespace}:Topic:${root}|${subQueuePath(subscription, subQueue).replaceAll('/', '|')}`;
}

export function toAmqpError(refusal: Refusal, namespaceHost: string): AmqpError {
  return {
    condition: CONDITIONS[refusal.outcome].condition,
    description: describeRefusal(refusal, namespaceHost),
  };
}

/** The store could not write: nothing was acknowledged, and the client may try again. */
export function notDurable(error: Error): AmqpError {
  return {
    condition: 'amqp:internal-error',
    description: `The service could not store the operation: ${error.message}`,
  };
}
