const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** After the first, second … failed attempt; then every 12 hours (delivery-and-retry, "Retry schedule"). */
export const RETRY_SCHEDULE_MS: readonly number[] = [
  10 * SECOND_MS,
  30 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
];

/** The documentation speaks of "a small randomization"; how small is ours to say: up to a tenth more, never less. */
const JITTER = 0.1;

/**
 * How long to wait after a failed attempt.
 *
 * @param attempts how many there have been, at least 1
 * @param random from 0 up to but not including 1
 */
export function retryWaitMs(attempts: number, minimumWaitMs: number, random: number): number {
  const step = RETRY_SCHEDULE_MS[Math.min(attempts, RETRY_SCHEDULE_MS.length) - 1]!;
  return Math.round(Math.max(step, minimumWaitMs) * (1 + JITTER * random));
}
