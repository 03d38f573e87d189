import type { TimerId } from '../../clock/clock.ts';
import type { Kernel } from './kernel.ts';
import type { Message } from './message.ts';
import type { MessageQueue } from './message-queue.ts';
import { incomingFrom, type QueueEntity } from './queue-entity.ts';
import type { TopicEntity } from './topic-entity.ts';

/** Where messages can be sent to and forwarded to. */
export type Destination = QueueEntity | TopicEntity;

/** Four hops are allowed; the fifth ends in the dead-letter queue of the entity it would have left (V fwd, asb#33). */
const MOST_HOPS = 4;
/** How long dead letters wait before a full destination is tried again. The service's interval is not known (I). */
const RETRY_AFTER_MS = 30_000;

/** Moves messages on, from queues, subscriptions and their sub-queues that forward (contracts §9). */
export class Forwarder {
  private readonly kernel: Kernel;
  private readonly find: (name: string) => Destination | undefined;
  private readonly retries = new Map<MessageQueue, TimerId>();

  constructor(kernel: Kernel, find: (name: string) => Destination | undefined) {
    this.kernel = kernel;
    this.find = find;
  }

  /** Moves everything that can go now. */
  forward(queue: MessageQueue): void {
    for (;;) {
      const name = queue.policy.forwardTo;
      const message = queue.ready.peek();
      if (name === undefined || !message) return;
      if (message.isExpired(this.kernel.now())) queue.expire(message);
      else if (message.hops >= MOST_HOPS) this.endChain(queue, message);
      else {
        // A destination that was deleted may be created again by its name: then forwarding resumes (V asb#693).
        const destination = this.find(name);
        if (!destination) return;
        if (!this.move(queue, message, destination)) return;
      }
    }
  }

  private endChain(queue: MessageQueue, message: Message): void {
    // A dead letter that has no hop left stays where it is, out of the line.
    if (queue.isSubQueue) queue.ready.take();
    else queue.deadLetter(message, 'MaxTransferHopCountExceeded', undefined);
  }

  /** False: the message waits, and with it those behind it. */
  private move(queue: MessageQueue, message: Message, destination: Destination): boolean {
    const problem = this.problemOf(message, destination);
    if (problem && !queue.isSubQueue) {
      queue.deadLetter(message, problem.reason, problem.description);
      return true;
    }
    // Dead letters go to a disabled destination all the same (a maintainer in asb#666) and wait for a full one.
    if (problem && problem.kind !== 'disabled') {
      this.retryLater(queue);
      return false;
    }
    const incoming = incomingFrom(message, queue.path, {
      cause: 'forwarded',
      enqueuedSequenceNumber: message.enqueuedSequenceNumber ?? message.sequenceNumber,
      deadLetterSource: queue.isSubQueue ? sourceOfDeadLetters(queue) : message.deadLetterSource,
      hops: message.hops + 1,
      // A time set by a rule's action takes effect only now (V fil); a time that has come is no schedule.
      scheduledEnqueueAt: message.properties.scheduledEnqueueAt,
    });
    queue.remove(message, 'forwarded', destination.path);
    destination.arrive(incoming);
    this.kernel.touch(queue);
    return true;
  }

  private problemOf(
    message: Message,
    destination: Destination,
  ):
    | { readonly kind: 'disabled' | 'full' | 'session'; readonly reason: string; readonly description: string }
    | undefined {
    // The words of these reasons are not published (I).
    if (!destination.takesMessages)
      return {
        kind: 'disabled',
        reason: 'MessagingEntityDisabled',
        description: `The messaging entity '${destination.path}' is currently disabled.`,
      };
    if (!destination.account.hasRoomFor(message.size))
      return {
        kind: 'full',
        reason: 'QuotaExceeded',
        description: `The maximum entity size has been reached or exceeded for '${destination.path}'.`,
      };
    if (destination.requiresSession && message.properties.sessionId === undefined)
      return {
        kind: 'session',
        reason: 'Session id is null.',
        description: "Session enabled entity doesn't allow a message whose session identifier is null.",
      };
    return undefined;
  }

  private retryLater(queue: MessageQueue): void {
    if (this.retries.has(queue)) return;
    const timer = this.kernel.clock.setTimer(this.kernel.now() + RETRY_AFTER_MS, () => {
      this.retries.delete(queue);
      this.kernel.turn(() => this.kernel.touch(queue));
    });
    this.retries.set(queue, timer);
  }

  close(): void {
    for (const timer of this.retries.values()) this.kernel.clock.clearTimer(timer);
    this.retries.clear();
  }
}

/** x-opt-deadletter-source: the entity whose dead letter it was. */
function sourceOfDeadLetters(queue: MessageQueue): string {
  return queue.path.replace(/(\/\$Transfer)?\/\$DeadLetterQueue$/, '');
}
