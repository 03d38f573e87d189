import type { Refusal } from '../../../engine/api.ts';
import type { HttpReply } from '../exchange.ts';
import { statusOf } from '../statuses.ts';
import type { Fail } from './handler.ts';

export function refuse(refusal: Refusal, fail: Fail): HttpReply {
  const { status, detail } = statusOf(refusal);
  if (refusal.outcome === 'entity-not-found')
    return fail(404, `40400: Endpoint not found., Resource:${refusal.entity}.`);
  return fail(status, detail);
}
