/** How a delivery ended, by the names that diagnostics and dead-lettered events give. A closed list. */
export type OutcomeName =
  | 'NotFound'
  | 'Disabled'
  | 'Full'
  | 'Unauthorized'
  | 'BadRequest'
  | 'TimedOut'
  | 'Busy'
  | 'PayloadTooLarge'
  | 'Probation'
  | 'Canceled'
  | 'Aborted'
  | 'SocketError'
  | 'ResolutionError'
  | 'Delivering'
  | 'SessionQueueNotSupported'
  | 'Forbidden'
  | 'InvalidAzureFunctionDestination';

/** What came of one attempt. `detail` is for people. */
export type AttemptResult =
  | { readonly kind: 'delivered' }
  /** An HTTP answer. */
  | { readonly kind: 'answered'; readonly status: number; readonly detail: string }
  | { readonly kind: 'failed'; readonly outcome: string; readonly detail: string };

export type Verdict =
  | { readonly delivered: true }
  | {
      readonly delivered: false;
      readonly outcome: string;
      readonly detail: string;
      readonly isRetried: boolean;
      readonly minimumWaitMs: number;
      /** Nobody was there to answer: the destination may just not be up yet. */
      readonly isUnreachable: boolean;
    };

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

const OUTCOME_OF_STATUS: ReadonlyMap<number, OutcomeName> = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [408, 'TimedOut'],
  [413, 'PayloadTooLarge'],
  [429, 'Busy'],
  [503, 'Busy'],
  [504, 'TimedOut'],
]);

/** Not tried again, whatever the destination (delivery-and-retry); a webhook's 401 and 403 neither. */
const FINAL: ReadonlySet<string> = new Set(['BadRequest', 'PayloadTooLarge', 'SessionQueueNotSupported']);
const FINAL_FOR_WEBHOOKS: ReadonlySet<string> = new Set(['Unauthorized', 'Forbidden']);
const UNREACHABLE: ReadonlySet<string> = new Set(['SocketError', 'ResolutionError', 'NotFound', 'Busy']);

/**
 * Success is 200 to 204 only; every other answer is a failure. Least waits before the next attempt: 401 and 404 5 minutes,
 * 408 2 minutes, 503 30 seconds, others 10 seconds (delivery-and-retry).
 */
export function judge(result: AttemptResult, isWebhook: boolean): Verdict {
  if (result.kind === 'delivered') return { delivered: true };
  if (result.kind === 'answered' && result.status >= 200 && result.status <= 204) return { delivered: true };
  const outcome =
    result.kind === 'failed' ? result.outcome : (OUTCOME_OF_STATUS.get(result.status) ?? nameOfOther(result.status));
  return {
    delivered: false,
    outcome,
    detail: result.detail,
    isRetried: !FINAL.has(outcome) && !(isWebhook && FINAL_FOR_WEBHOOKS.has(outcome)),
    minimumWaitMs: minimumWaitMs(outcome),
    isUnreachable: UNREACHABLE.has(outcome),
  };
}

/** Other statuses have no name in the documentation's list. */
function nameOfOther(status: number): OutcomeName {
  return status >= 500 ? 'Aborted' : 'Canceled';
}

function minimumWaitMs(outcome: string): number {
  switch (outcome) {
    case 'Unauthorized':
    case 'NotFound':
      return 5 * MINUTE_MS;
    case 'TimedOut':
      return 2 * MINUTE_MS;
    case 'Busy':
      return 30 * SECOND_MS;
    default:
      return 10 * SECOND_MS;
  }
}
