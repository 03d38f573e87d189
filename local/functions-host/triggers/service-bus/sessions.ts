import type { EventEmitter } from 'node:events';
import type { ServiceBusClient, ServiceBusSessionReceiver } from '@azure/service-bus';
import type { ServiceBusHostOptions } from '../../host-json.ts';
import type { HostLog } from '../../host-log.ts';
import type { Trigger } from '../trigger.ts';
import type { Dispatch } from './dispatch.ts';
import { pauseAfterError, problemReporter } from './problems.ts';
import { receiveBatch } from './receive-batch.ts';

export interface SessionOptions {
  /** Of this trigger alone, and closed by it: see {@link endPendingAccepts}. */
  readonly client: ServiceBusClient;
  readonly queueName: string | undefined;
  readonly topicName: string | undefined;
  readonly subscriptionName: string | undefined;
  readonly entity: string;
  readonly functionName: string;
  readonly dispatch: Dispatch;
  readonly host: ServiceBusHostOptions;
  readonly isBatch: boolean;
  readonly log: HostLog;
}

/** Without `sessionIdleTimeout` the extension lets go after the client's try timeout. */
const defaultIdleMs = 60_000;

/** A session-enabled entity: `maxConcurrentSessions` loops, each holding one session until it has been idle. */
export function startSessionReceivers(options: SessionOptions): Trigger {
  const { host } = options;
  const aborter = new AbortController();
  const report = problemReporter(options);
  const idleMs = host.sessionIdleTimeout ?? defaultIdleMs;
  const holding = new Set<Promise<void>>();
  const loops = Array.from({ length: host.maxConcurrentSessions }, () => run());

  async function run(): Promise<void> {
    while (!aborter.signal.aborted) {
      try {
        const receiver = await acceptNext();
        const held = workOn(receiver).finally(() => holding.delete(held));
        holding.add(held);
        await held;
      } catch (error) {
        const { code } = error as { code?: string };
        // No session had a message within the service's time, or somebody else was faster: ask again.
        if (aborter.signal.aborted || code === 'ServiceTimeout' || code === 'SessionCannotBeLocked') continue;
        report(error as Error);
        await pauseAfterError(aborter.signal);
      }
    }
  }

  async function workOn(receiver: ServiceBusSessionReceiver): Promise<void> {
    try {
      await (options.isBatch ? workInBatches(receiver) : workOneByOne(receiver));
    } finally {
      await receiver.close().catch(() => {});
    }
  }

  function acceptNext(): Promise<ServiceBusSessionReceiver> {
    const { client, queueName, topicName, subscriptionName } = options;
    const settings = {
      maxAutoLockRenewalDurationInMs: options.isBatch ? 0 : host.maxAutoLockRenewalDuration,
      skipParsingBodyAsJson: true,
      abortSignal: aborter.signal,
    };
    return queueName === undefined
      ? client.acceptNextSession(topicName!, subscriptionName!, settings)
      : client.acceptNextSession(queueName, settings);
  }

  /** Resolves once the session has been idle, was lost, or the trigger stops; nothing of it runs any more then. */
  async function workOneByOne(receiver: ServiceBusSessionReceiver): Promise<void> {
    const running = new Set<Promise<void>>();
    const idle = idleWatch(idleMs, () => running.size === 0);
    const subscription = receiver.subscribe(
      {
        async processMessage(message) {
          const work = options.dispatch.one(receiver, message).finally(() => {
            running.delete(work);
            idle.touch();
          });
          running.add(work);
          await work;
        },
        async processError({ error }) {
          // The session is lost (its lock, its link): another accept finds it again.
          const isLost = (error as { code?: string }).code === 'SessionLockLost';
          if (!isLost && !aborter.signal.aborted) report(error);
          idle.end();
        },
      },
      { autoCompleteMessages: false, maxConcurrentCalls: host.maxConcurrentCallsPerSession },
    );
    aborter.signal.addEventListener('abort', idle.end);
    if (aborter.signal.aborted) idle.end();
    await idle.ended;
    aborter.signal.removeEventListener('abort', idle.end);
    await subscription.close();
    await Promise.allSettled([...running]);
  }

  async function workInBatches(receiver: ServiceBusSessionReceiver): Promise<void> {
    while (!aborter.signal.aborted) {
      const messages = await receiveBatch(
        receiver,
        { ...host, maxBatchWaitTimeMs: host.maxBatchWaitTime },
        idleMs,
        aborter.signal,
      );
      if (messages.length === 0) return;
      await options.dispatch.many(receiver, messages);
    }
  }

  return {
    async stop() {
      aborter.abort();
    },
    async close() {
      await Promise.allSettled([...holding]);
      await options.client.close();
      endPendingAccepts(options.client);
      await Promise.allSettled(loops);
    },
  };
}

interface Internals {
  readonly _connectionContext?: { readonly connection?: { readonly _connection?: EventEmitter } };
}

/**
 * An accept that waits for a session does not hear its abort signal (messageSession.js of 7.9.5 drops it), nor that its client
 * was closed: it would wait for its minute to pass, with a timer. It does hear that the connection has gone, which after
 * `client.close()` is so; the SDK only has not been told. Without these internals, closing takes that minute longer.
 */
function endPendingAccepts(client: ServiceBusClient): void {
  const connection = (client as unknown as Internals)._connectionContext?.connection?._connection;
  const error = Object.assign(new Error('The trigger has stopped.'), { name: 'ConnectionClosed' });
  connection?.emit('disconnected', { connection, error });
}

/** Ends when nothing has run for `idleMs`, or when told to. */
function idleWatch(idleMs: number, isIdle: () => boolean): { ended: Promise<void>; touch(): void; end: () => void } {
  let lastActiveAt = Date.now();
  let timer: NodeJS.Timeout | undefined;
  let finish = () => {};
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const look = () => {
    const restMs = isIdle() ? lastActiveAt + idleMs - Date.now() : idleMs;
    if (restMs <= 0) finish();
    else timer = setTimeout(look, restMs);
  };
  look();
  return {
    ended: ended.finally(() => clearTimeout(timer)),
    touch: () => {
      lastActiveAt = Date.now();
    },
    end: () => finish(),
  };
}
