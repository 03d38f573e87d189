import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import { RealClock } from '../../clock/index.ts';
import { PollingDelay } from '../engine/polling-delay.ts';
import type { HostLog } from '../host-log.ts';
import type { QueueSignals } from '../queue-signals.ts';
import { sleep } from './trigger.ts';

export interface QueueListenerOptions {
  readonly queue: QueueClient;
  /** Where a message goes that failed too often. */
  readonly poisonQueue: QueueClient;
  readonly batchSize: number;
  /** The next batch is fetched when no more than this many messages are being worked on. */
  readonly newBatchThreshold: number;
  readonly maxPollingIntervalMs: number;
  readonly maxDequeueCount: number;
  /** How long a message that failed stays hidden. */
  readonly visibilityTimeoutMs: number;
  readonly log: HostLog;
  readonly signals: QueueSignals;
  readonly random: () => number;
  /** `unreadable` goes to the poison queue at once. */
  work(message: DequeuedMessageItem): Promise<'done' | 'failed' | 'lost' | 'unreadable'>;
}

/**
 * How long a message is hidden while it is worked on; renewed at half time. The real host hides for 10 minutes: one minute
 * means that a message comes back soon after the whole cloud was killed.
 */
const workVisibilitySeconds = 60;
const shortestPollMs = 100;

/** Storage has no virtual time, so its pollers run by the system's clock whatever the host's clock is. */
const systemClock = new RealClock();

/**
 * Takes messages from a Storage queue, as the WebJobs SDK's QueueListener: batches, back-off while the queue is empty,
 * renewal while a message is worked on, the poison queue after `maxDequeueCount` tries.
 */
export class QueueListener {
  private readonly options: QueueListenerOptions;
  private readonly delay: PollingDelay;
  private readonly aborter = new AbortController();
  private readonly working = new Set<Promise<void>>();
  private readonly loop: Promise<void>;
  private readonly unlisten: () => void;
  private wake = () => {};
  private wasSignalled = false;
  private lastProblem = '';

  constructor(options: QueueListenerOptions) {
    this.options = options;
    const maximumMs = Math.max(options.maxPollingIntervalMs, shortestPollMs);
    this.delay = new PollingDelay({ minimumMs: shortestPollMs, maximumMs, random: options.random });
    this.unlisten = options.signals.listen(options.queue.name, () => {
      this.wasSignalled = true;
      this.wake();
    });
    this.loop = this.run();
  }

  /** Fetches no more. */
  async stop(): Promise<void> {
    this.unlisten();
    this.aborter.abort();
    this.wake();
    await this.loop;
  }

  /** Resolves when every message that was fetched has been settled. */
  async drained(): Promise<void> {
    await Promise.allSettled([...this.working]);
  }

  private get isStopped(): boolean {
    return this.aborter.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.wasSignalled = false;
      const messages = await this.fetch();
      for (const message of messages) this.begin(message);
      const found = messages.length > 0;
      const waitMs = this.delay.next(found);
      if (found) await this.roomForMore();
      else if (!this.wasSignalled) await this.pause(waitMs);
    }
  }

  private async fetch(): Promise<DequeuedMessageItem[]> {
    const { queue, batchSize } = this.options;
    try {
      const { receivedMessageItems } = await queue.receiveMessages({
        numberOfMessages: batchSize,
        visibilityTimeout: workVisibilitySeconds,
        abortSignal: this.aborter.signal,
      });
      this.lastProblem = '';
      return receivedMessageItems;
    } catch (error) {
      const { statusCode, message } = error as { statusCode?: number; message: string };
      // A queue that is not there yet is an empty one.
      if (!this.isStopped && statusCode !== 404) this.report(`Queue ${queue.name} cannot be read: ${message}`);
      return [];
    }
  }

  private begin(message: DequeuedMessageItem): void {
    const work = this.settleAfterWork(message)
      .catch((error: Error) =>
        this.report(`A message of queue ${this.options.queue.name} was not settled: ${error.message}`),
      )
      .finally(() => {
        this.working.delete(work);
        this.wake();
      });
    this.working.add(work);
  }

  private async roomForMore(): Promise<void> {
    while (!this.isStopped && this.working.size > this.options.newBatchThreshold) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private async pause(waitMs: number): Promise<void> {
    const pause = sleep(systemClock, waitMs);
    this.wake = () => {
      if (this.isStopped || this.wasSignalled) pause.wake();
    };
    this.wake();
    await pause.done;
    if (this.wasSignalled) this.delay.reset();
  }

  private async settleAfterWork(message: DequeuedMessageItem): Promise<void> {
    const { queue, maxDequeueCount, visibilityTimeoutMs } = this.options;
    if (message.dequeueCount > maxDequeueCount) return this.moveToPoison(message, message.popReceipt);
    const renewal = renew(queue, message);
    const outcome = await this.options.work(message);
    const popReceipt = await renewal.stop();
    if (outcome === 'done') {
      await queue.deleteMessage(message.messageId, popReceipt).catch(ignoreNotFound);
    } else if (outcome === 'unreadable') {
      // The extension says no more than that it moves the message (azure-sdk-for-net issues 21449, 28799).
      const why = 'Message is not base64: send it so, or set extensions.queues.messageEncoding to "none" in host.json.';
      await this.moveToPoison(message, popReceipt, why);
    } else if (message.dequeueCount >= maxDequeueCount) {
      await this.moveToPoison(message, popReceipt);
    } else {
      const hiddenMs = outcome === 'lost' ? 0 : visibilityTimeoutMs;
      await queue
        .updateMessage(message.messageId, popReceipt, message.messageText, Math.ceil(hiddenMs / 1000))
        .catch(ignoreNotFound);
      if (hiddenMs === 0 && !this.isStopped) this.options.signals.notify(queue.name);
    }
  }

  private async moveToPoison(
    message: DequeuedMessageItem,
    popReceipt: string,
    why = `Message has reached MaxDequeueCount of ${this.options.maxDequeueCount}.`,
  ): Promise<void> {
    const { queue, poisonQueue, log } = this.options;
    log.host('warning', `${why} Moving message '${message.messageId}' to queue '${poisonQueue.name}'.`);
    try {
      await poisonQueue.sendMessage(message.messageText);
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error;
      await poisonQueue.createIfNotExists();
      await poisonQueue.sendMessage(message.messageText);
    }
    this.options.signals.notify(poisonQueue.name);
    await queue.deleteMessage(message.messageId, popReceipt).catch(ignoreNotFound);
  }

  /** Says a lasting problem once, not at every poll. */
  private report(problem: string): void {
    if (problem !== this.lastProblem) this.options.log.host('error', problem);
    this.lastProblem = problem;
  }
}

/** Keeps a message hidden; `stop` returns the pop receipt that is valid now. */
function renew(queue: QueueClient, message: DequeuedMessageItem): { stop(): Promise<string> } {
  let popReceipt = message.popReceipt;
  let renewing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = queue
      .updateMessage(message.messageId, popReceipt, message.messageText, workVisibilitySeconds)
      .then((updated) => {
        popReceipt = updated.popReceipt ?? popReceipt;
      })
      .catch(() => {});
  }, workVisibilitySeconds * 500);
  return {
    async stop() {
      clearInterval(timer);
      await renewing;
      return popReceipt;
    },
  };
}

/** Somebody else has deleted or taken the message: nothing is left to settle. */
function ignoreNotFound(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 400) throw error;
}
