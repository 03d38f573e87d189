import type { Kernel } from './kernel.ts';
import type { Message } from './message.ts';
import type { MessageQueue } from './message-queue.ts';
import type { ReadyLine } from './ready-line.ts';
import type { ReceiverLink } from './receiver-link.ts';
import { serveSessionWaiters } from './session-holds.ts';

/** Gives a message to a receiver that has credit. */
function hand(queue: MessageQueue, receiver: ReceiverLink, message: Message): void {
  receiver.credit -= 1;
  if (receiver.mode === 'receive-and-delete') {
    queue.remove(message, 'received-and-deleted');
    receiver.options.deliver({ message, lockToken: undefined, lockedUntil: undefined });
    return;
  }
  const lock = queue.lock(message, receiver.id);
  receiver.options.deliver({ message, lockToken: lock.token, lockedUntil: lock.lockedUntil });
}

/** The first message that has not expired, still in its line. */
function firstDeliverable(kernel: Kernel, queue: MessageQueue, line: ReadyLine): Message | undefined {
  for (let message = line.peek(); message; message = line.peek()) {
    if (!message.isExpired(kernel.now())) return message;
    queue.expire(message);
  }
  return undefined;
}

/** Delivers what can be delivered now, in the order of messages and of credit. */
export function deliver(kernel: Kernel, queue: MessageQueue): void {
  if (queue.policy.requiresSession) {
    serveSessionWaiters(kernel, queue);
    for (const session of queue.sessionsToPump) {
      queue.sessionsToPump.delete(session);
      // Looked up anew each time: a delivery may settle, renew, close or lose anything.
      for (;;) {
        const receiver = session.holder?.receiver;
        if (!receiver || receiver.credit <= 0 || !firstDeliverable(kernel, queue, session.ready)) break;
        hand(queue, receiver, session.ready.take()!);
      }
    }
    return;
  }
  for (;;) {
    const receiver = queue.credits.peek();
    if (!receiver || !firstDeliverable(kernel, queue, queue.ready)) return;
    queue.credits.use();
    hand(queue, receiver, queue.ready.take()!);
  }
}
