export interface RetryPolicy {
  /** -1: without end. */
  readonly maxRetryCount: number;
  /** The wait before retry number `retryCount` (the first is 1), in milliseconds. */
  delayMs(retryCount: number): number;
}

interface RetrySettings {
  readonly strategy: string;
  readonly maxRetryCount: number;
  readonly delayMs: number | undefined;
  readonly minimumMs: number | undefined;
  readonly maximumMs: number | undefined;
}

/**
 * The retry policies of Functions (learn.microsoft.com, "Azure Functions error handling and retries"): a fixed delay, or
 * one that doubles from the minimum to the maximum with up to 20 % of chance (ExponentialBackoffRetryStrategy).
 */
export function retryPolicy(settings: RetrySettings, random: () => number): RetryPolicy {
  const { maxRetryCount } = settings;
  if (/^fixed/i.test(settings.strategy)) {
    const delayMs = settings.delayMs ?? 0;
    return { maxRetryCount, delayMs: () => delayMs };
  }
  const minimumMs = settings.minimumMs ?? 100;
  const maximumMs = settings.maximumMs ?? 24 * 60 * 60 * 1000;
  return {
    maxRetryCount,
    delayMs: (retryCount) => {
      const growthMs = (2 ** Math.min(retryCount - 1, 40) - 1) * minimumMs * (0.8 + 0.4 * random());
      return Math.min(minimumMs + growthMs, maximumMs);
    },
  };
}
