import type { Clock } from '../clock/index.ts';
import { type RetryPolicy, retryPolicy } from './engine/retry-policy.ts';
import type { Invocation, InvocationOutcome, Invoker } from './invoker.ts';
import type { RetryContext, RetryOptions } from './rpc.ts';
import { sleep } from './triggers/trigger.ts';

/** After so many lost processes the work itself is what kills them: it counts as failed. */
const mostLosses = 5;

/**
 * Runs an invocation under the function's retry policy (Timer and Event Hubs have one). A run that was lost with the app's
 * process is repeated without counting, since it never came to an end.
 *
 * @param isStopping when true, no further attempt is made
 */
export async function invokeWithRetry(
  invoker: Invoker,
  invocation: Invocation,
  options: { retry: RetryOptions | undefined; clock: Clock; random: () => number; isStopping: () => boolean },
): Promise<InvocationOutcome> {
  const policy = options.retry ? toPolicy(options.retry, options.random) : undefined;
  let retryContext: RetryContext | undefined;
  let losses = 0;
  for (;;) {
    const outcome = await invoker.invoke({ ...invocation, retryContext });
    if (outcome.kind === 'succeeded' || options.isStopping()) return outcome;
    if (outcome.kind === 'lost') {
      losses += 1;
      if (losses < mostLosses) continue;
      return { kind: 'failed', error: { message: outcome.reason, stack: outcome.reason } };
    }
    const retryCount = (retryContext?.retryCount ?? 0) + 1;
    if (!policy || (policy.maxRetryCount >= 0 && retryCount > policy.maxRetryCount)) return outcome;
    const { message, stack } = outcome.error;
    const exception = { message, source: invocation.function.name, stackTrace: stack };
    retryContext = { retryCount, maxRetryCount: policy.maxRetryCount, exception };
    await waitUnlessStopping(options.clock, policy.delayMs(retryCount), options.isStopping);
    if (options.isStopping()) return outcome;
  }
}

function toPolicy(retry: RetryOptions, random: () => number): RetryPolicy {
  const ms = (duration: { readonly seconds?: number } | undefined) =>
    duration?.seconds === undefined ? undefined : Number(duration.seconds) * 1000;
  return retryPolicy(
    {
      strategy: retry.retryStrategy,
      maxRetryCount: retry.maxRetryCount,
      delayMs: ms(retry.delayInterval),
      minimumMs: ms(retry.minimumInterval),
      maximumMs: ms(retry.maximumInterval),
    },
    random,
  );
}

/** A stop must not wait for a long delay, nor for a virtual clock that stands. */
async function waitUnlessStopping(clock: Clock, durationMs: number, isStopping: () => boolean): Promise<void> {
  const pause = sleep(clock, durationMs);
  const look = setInterval(() => {
    if (isStopping()) pause.wake();
  }, 50);
  await pause.done;
  clearInterval(look);
}
