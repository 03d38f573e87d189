import type { Refusal, RefusalName } from '../../engine/api.ts';
import { CONDITIONS } from '../conditions.ts';

/**
 * The sub-codes that the service writes into the detail of an error, where it has one.
 * Source: learn.microsoft.com/azure/service-bus-messaging/service-bus-resource-manager-exceptions.
 */
const SUB_CODES: Partial<Record<RefusalName, number>> = {
  'entity-already-exists': 40900,
  'rule-already-exists': 40900,
  'entity-disabled': 40302,
  'limit-exceeded': 40300,
  'invalid-rule': 40000,
  'not-allowed': 40000,
  'session-id-missing': 40000,
  'invalid-argument': 40000,
  'argument-out-of-range': 40000,
  'not-in-tier': 40000,
};

/** The HTTP status of a refusal, and its detail as the service words it. */
export function statusOf(refusal: Refusal): { readonly status: number; readonly detail: string } {
  const subCode = SUB_CODES[refusal.outcome];
  return {
    status: CONDITIONS[refusal.outcome].httpStatus,
    detail: subCode === undefined ? refusal.detail : `SubCode=${subCode}. ${refusal.detail}`,
  };
}
