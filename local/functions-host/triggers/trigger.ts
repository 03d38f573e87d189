import type { Clock } from '../../clock/index.ts';
import type { Clients } from '../clients.ts';
import type { HostJson } from '../host-json.ts';
import type { HostLog } from '../host-log.ts';
import type { Invoker } from '../invoker.ts';
import type { QueueSignals } from '../queue-signals.ts';
import type { FunctionInfo } from '../types.ts';

/** What brings work to one function. */
export interface Trigger {
  /** Takes no more work. What runs goes on. */
  stop(): Promise<void>;
  /** Gives back what was taken and not done, and lets go of links, timers and loops. Called after {@link stop}. */
  close(): Promise<void>;
}

export interface TriggerContext {
  readonly info: FunctionInfo;
  readonly invoker: Invoker;
  readonly clients: Clients;
  readonly hostJson: HostJson;
  readonly hostId: string;
  readonly clock: Clock;
  readonly log: HostLog;
  readonly queueSignals: QueueSignals;
  readonly random: () => number;
  /** An option of the trigger with `%settings%` replaced. @throws when it is missing or names no setting */
  option(name: string): string;
  optionalOption(name: string): string | undefined;
  setting(name: string): string | undefined;
}

/** Sleeps on the host's clock; `wake` ends it early. */
export function sleep(clock: Clock, durationMs: number): { readonly done: Promise<void>; wake(): void } {
  let wake = () => {};
  const done = new Promise<void>((resolve) => {
    const timer = clock.setTimer(clock.now() + durationMs, resolve);
    wake = () => {
      clock.clearTimer(timer);
      resolve();
    };
  });
  return { done, wake };
}

/** Waits for the work, but no longer than that: by the system's clock, since what is waited for does not know any other. */
export async function within(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work.catch(() => {}), limit]);
  clearTimeout(timer);
}
