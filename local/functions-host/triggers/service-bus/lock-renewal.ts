import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Clock, TimerId } from '../../../clock/index.ts';

const shortestWaitMs = 500;
const longestWaitMs = 60_000;

/**
 * Keeps a message's lock while its function runs, at most for `maxDurationMs`. The SDK's own renewal would go on after a function
 * that settles nothing (`autoCompleteMessages: false`), and the message would not come again.
 *
 * @returns ends the renewal
 */
export function renewLock(
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  maxDurationMs: number,
  clock: Clock,
): () => void {
  const giveUpAt = clock.now() + maxDurationMs;
  let timer: TimerId | undefined;
  let isOver = false;
  const arm = (lockedUntil: Date | undefined) => {
    const halfMs = ((lockedUntil?.getTime() ?? 0) - clock.now()) / 2;
    const waitMs = Math.min(Math.max(halfMs, shortestWaitMs), longestWaitMs);
    if (isOver || clock.now() + waitMs > giveUpAt) return;
    timer = clock.setTimer(clock.now() + waitMs, () => {
      // A lock that cannot be renewed is lost: settling will say so.
      receiver.renewMessageLock(message).then(arm, () => {});
    });
  };
  arm(message.lockedUntilUtc);
  return () => {
    isOver = true;
    if (timer !== undefined) clock.clearTimer(timer);
  };
}
