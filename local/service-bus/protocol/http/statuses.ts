import type { Refusal, RefusalName } from '../../engine/api.ts';

/**
 * The HTTP status of every refusal of the broker, and the sub-code that the service writes into the detail. Beside
 * `protocol/conditions.ts`, which says the same for AMQP. Sources: learn.microsoft.com/rest/api/servicebus (response codes of
 * each operation), learn.microsoft.com/azure/service-bus-messaging/service-bus-resource-manager-exceptions (sub-codes).
 */
const STATUSES: Record<RefusalName, { readonly status: number; readonly subCode?: number }> = {
  'entity-not-found': { status: 404 },
  'entity-already-exists': { status: 409, subCode: 40900 },
  'entity-disabled': { status: 403, subCode: 40302 },
  'rule-not-found': { status: 404 },
  'rule-already-exists': { status: 409, subCode: 40900 },
  'invalid-rule': { status: 400, subCode: 40000 },
  'not-allowed': { status: 400, subCode: 40000 },
  'session-id-missing': { status: 400, subCode: 40000 },
  'lock-lost': { status: 404 },
  'session-lock-lost': { status: 410 },
  'session-cannot-be-locked': { status: 409, subCode: 40900 },
  timeout: { status: 408 },
  'message-not-found': { status: 404 },
  'message-size-exceeded': { status: 403 },
  'quota-exceeded': { status: 403 },
  'limit-exceeded': { status: 403, subCode: 40300 },
  'invalid-argument': { status: 400, subCode: 40000 },
  'argument-out-of-range': { status: 400, subCode: 40000 },
  'not-in-tier': { status: 400, subCode: 40000 },
  'transaction-not-found': { status: 400 },
  'transaction-failed': { status: 400 },
  canceled: { status: 408 },
};

export function statusOf(refusal: Refusal): { readonly status: number; readonly detail: string } {
  const { status, subCode } = STATUSES[refusal.outcome];
  return { status, detail: subCode === undefined ? refusal.detail : `SubCode=${subCode}. ${refusal.detail}` };
}
