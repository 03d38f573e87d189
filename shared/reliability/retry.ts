/** How long to wait, handed in so that a test need not. */
export type Sleep = (ms: number) => Promise<void>;

export const sleep: Sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export interface RetryPolicy {
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly maximumDelayMs: number;
}

/** The delay before the attempt after `attempt` (from 1): doubled each time, up to the maximum. */
export function delayAfter(attempt: number, policy: RetryPolicy): number {
  return Math.min(policy.firstDelayMs * 2 ** (attempt - 1), policy.maximumDelayMs);
}

/**
 * Tries until `attempt` gives something, up to `policy.attempts` times. For what another party decides within moments: a
 * row that changed in between. Failures of a service are not for here: the SDKs and the triggers retry those.
 *
 * @returns what came, or undefined when it never did
 */
export async function retry<T>(
  attempt: () => Promise<T | undefined>,
  policy: RetryPolicy,
  pause: Sleep = sleep,
): Promise<T | undefined> {
  for (let count = 1; ; count++) {
    const result = await attempt();
    if (result !== undefined || count >= policy.attempts) return result;
    await pause(delayAfter(count, policy));
  }
}
