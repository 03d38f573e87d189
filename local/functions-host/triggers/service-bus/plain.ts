import type { ServiceBusReceiver } from '@azure/service-bus';
import type { Clock } from '../../../clock/index.ts';
import type { ServiceBusHostOptions } from '../../host-json.ts';
import type { HostLog } from '../../host-log.ts';
import type { Trigger } from '../trigger.ts';
import { within } from '../trigger.ts';
import type { Dispatch } from './dispatch.ts';
import { renewLock } from './lock-renewal.ts';
import { pauseAfterError, problemReporter } from './problems.ts';
import { receiveBatch } from './receive-batch.ts';

export interface PlainOptions {
  readonly receiver: ServiceBusReceiver;
  readonly entity: string;
  readonly functionName: string;
  readonly dispatch: Dispatch;
  readonly host: ServiceBusHostOptions;
  readonly clock: Clock;
  readonly log: HostLog;
}

/** An entity without sessions, message by message: as many at a time as `maxConcurrentCalls`. */
export function startSingleReceiver(options: PlainOptions): Trigger {
  const { receiver, dispatch, host, clock } = options;
  const report = problemReporter(options);
  let isStopping = false;
  const subscription = receiver.subscribe(
    {
      async processMessage(message) {
        const endRenewal = renewLock(receiver, message, host.maxAutoLockRenewalDuration, clock);
        await dispatch.one(receiver, message).finally(endRenewal);
      },
      async processError({ error }) {
        // A link that is closed while it is being opened reports that as an error.
        if (!isStopping) report(error);
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: host.maxConcurrentCalls },
  );
  return {
    // Draining is a matter of milliseconds; while an entity is not there, the SDK would go on trying to open its link.
    stop: () => {
      isStopping = true;
      return within(subscription.close(), drainWithinMs);
    },
    async close() {
      await dispatch.settled();
      await receiver.close();
    },
  };
}

/** An entity without sessions, batch by batch, one after another. */
export function startBatchReceiver(options: PlainOptions): Trigger {
  const { receiver, dispatch, host } = options;
  const report = problemReporter(options);
  const aborter = new AbortController();
  const loop = run();

  async function run(): Promise<void> {
    while (!aborter.signal.aborted) {
      try {
        const messages = await receiveBatch(
          receiver,
          { ...host, maxBatchWaitTimeMs: host.maxBatchWaitTime },
          idleReceiveMs,
          aborter.signal,
        );
        if (messages.length > 0) await dispatch.many(receiver, messages);
      } catch (error) {
        if (aborter.signal.aborted) return;
        report(error as Error);
        await pauseAfterError(aborter.signal);
      }
    }
  }

  return {
    async stop() {
      aborter.abort();
    },
    async close() {
      await loop;
      await receiver.close();
    },
  };
}

const drainWithinMs = 300;
const idleReceiveMs = 60_000;
