import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';

interface BatchOptions {
  readonly maxMessageBatchSize: number;
  readonly minMessageBatchSize: number;
  readonly maxBatchWaitTimeMs: number;
}

/** How long the rest of a batch is waited for, once its first message is there. */
const gatherMs = 20;

/**
 * Waits for a first message and then takes what comes with it. (One call for the whole batch would wait a full second after
 * the first message: the SDK's `defaultMaxTimeAfterFirstMessageForBatchingMs`.)
 *
 * @param firstWaitMs how long to wait for a first message
 * @returns an empty array when none came in time
 */
export async function receiveBatch(
  receiver: ServiceBusReceiver,
  options: BatchOptions,
  firstWaitMs: number,
  abortSignal: AbortSignal,
): Promise<ServiceBusReceivedMessage[]> {
  const { maxMessageBatchSize, minMessageBatchSize, maxBatchWaitTimeMs } = options;
  const messages = await receiver.receiveMessages(1, { maxWaitTimeInMs: firstWaitMs, abortSignal });
  if (messages.length === 0) return messages;
  const giveUpAt = Date.now() + (minMessageBatchSize > 1 ? maxBatchWaitTimeMs : 0);
  while (messages.length < maxMessageBatchSize && !abortSignal.aborted) {
    const more = await receiver.receiveMessages(maxMessageBatchSize - messages.length, { maxWaitTimeInMs: gatherMs });
    messages.push(...more);
    const isEnough = messages.length >= minMessageBatchSize || Date.now() >= giveUpAt;
    if (isEnough && more.length === 0) break;
    if (isEnough && minMessageBatchSize > 1) break;
  }
  return messages;
}
