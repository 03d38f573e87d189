import type { EntityCounts, EntityStatus } from './api.ts';
import { applicationChanges, mergeChanges } from './changes.ts';
import { effectiveTimeToLive, type Incoming, particularsOf } from './incoming.ts';
import type { Kernel } from './kernel.ts';
import type { Message } from './message.ts';
import { MessageQueue, type QueuePolicy } from './message-queue.ts';
import { type SubQueue, subQueuePath } from './paths.ts';
import type { SizeAccount } from './size-account.ts';

/** What queues and subscriptions have in common in their definitions. */
export interface GroupDefinition {
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  readonly requiresSession: boolean;
  readonly defaultMessageTimeToLiveMs: number;
  readonly deadLetteringOnMessageExpiration: boolean;
  readonly forwardTo: string | undefined;
  readonly forwardDeadLetteredMessagesTo: string | undefined;
  readonly status: EntityStatus;
}

function mainPolicy(definition: GroupDefinition): QueuePolicy {
  return {
    lockDurationMs: definition.lockDurationMs,
    maxDeliveryCount: definition.maxDeliveryCount,
    deadLettersExpired: definition.deadLetteringOnMessageExpiration,
    requiresSession: definition.requiresSession,
    forwardTo: definition.forwardTo,
  };
}

/** Sub-queues: no time to live, no sessions, no maximum delivery count (contracts §3). */
function subQueuePolicy(definition: GroupDefinition): QueuePolicy {
  return {
    lockDurationMs: definition.lockDurationMs,
    maxDeliveryCount: Number.POSITIVE_INFINITY,
    deadLettersExpired: false,
    requiresSession: false,
    // The transfer dead-letter queue forwards too (V dlq).
    forwardTo: definition.forwardDeadLetteredMessagesTo,
  };
}

/** Stores a message in a sub-queue under a number of the main queue's. */
export function putDeadLetter(
  target: MessageQueue,
  incoming: Incoming,
  sequenceNumber: number,
  reason: string,
  description: string,
): void {
  const changes = mergeChanges(
    incoming.changes,
    applicationChanges([
      ['DeadLetterReason', { type: 'string', value: reason }],
      ['DeadLetterErrorDescription', { type: 'string', value: description }],
    ]),
  );
  target.put(
    {
      location: incoming.location,
      cause: 'dead-lettered',
      from: incoming.from,
      sessionId: undefined,
      assignedId: incoming.assignedId,
      particulars: particularsOf(incoming, changes, incoming.enqueuedSequenceNumber),
      timeToLiveMs: undefined,
      scheduledEnqueueAt: undefined,
    },
    sequenceNumber,
  );
  target.lastSequenceNumber = Math.max(target.lastSequenceNumber, sequenceNumber);
}

/** A queue or a subscription: its messages, its dead letters, its transfer dead letters. */
export class QueueGroup {
  readonly main: MessageQueue;
  readonly deadLetters: MessageQueue;
  readonly transferDeadLetters: MessageQueue;
  private definition: GroupDefinition;

  constructor(
    kernel: Kernel,
    path: string,
    definition: GroupDefinition,
    account: SizeAccount,
    hooks: { readonly onActivation: (message: Message) => void; readonly noteUse: () => void },
  ) {
    this.definition = definition;
    const subQueue = (kind: SubQueue) =>
      new MessageQueue(kernel, {
        path: subQueuePath(path, kind),
        policy: subQueuePolicy(definition),
        account,
        deadLetters: undefined,
        ...hooks,
      });
    this.deadLetters = subQueue('dead-letter');
    this.transferDeadLetters = subQueue('transfer-dead-letter');
    this.main = new MessageQueue(kernel, {
      path,
      policy: mainPolicy(definition),
      account,
      deadLetters: this.deadLetters,
      ...hooks,
    });
  }

  get all(): readonly MessageQueue[] {
    return [this.main, this.deadLetters, this.transferDeadLetters];
  }

  get(subQueue: SubQueue): MessageQueue {
    if (subQueue === 'none') return this.main;
    return subQueue === 'dead-letter' ? this.deadLetters : this.transferDeadLetters;
  }

  get isReceivable(): boolean {
    return this.definition.status === 'Active' || this.definition.status === 'SendDisabled';
  }

  get isBusy(): boolean {
    return (
      this.main.scheduledCount > 0 || this.all.some((queue) => queue.receivers.size + queue.sessionWaiters.size > 0)
    );
  }

  update(definition: GroupDefinition): void {
    this.definition = definition;
    this.main.setPolicy(mainPolicy(definition));
    this.deadLetters.setPolicy(subQueuePolicy(definition));
    this.transferDeadLetters.setPolicy(subQueuePolicy(definition));
    for (const queue of this.all) {
      for (const receiver of queue.receivers) {
        if (!this.isReceivable) receiver.lose('entity-disabled');
        else if (queue.policy.forwardTo !== undefined) receiver.lose('forwarding-enabled');
      }
    }
  }

  /** Stores a message here. Returns its number. */
  admit(
    incoming: Incoming,
    options: { readonly timeToLiveMs: number | undefined; readonly sequenceNumber?: number },
  ): number {
    const { properties } = incoming;
    const message = this.main.put(
      {
        location: incoming.location,
        cause: incoming.cause,
        from: incoming.from,
        sessionId: properties.sessionId,
        assignedId: incoming.assignedId,
        particulars: particularsOf(incoming, incoming.changes, incoming.enqueuedSequenceNumber),
        timeToLiveMs: effectiveTimeToLive(options.timeToLiveMs, this.definition.defaultMessageTimeToLiveMs),
        scheduledEnqueueAt: incoming.scheduledEnqueueAt,
      },
      options.sequenceNumber ?? this.main.nextSequenceNumber(),
    );
    return message.sequenceNumber;
  }

  /** Stores a message among the dead letters without it ever having been in the main queue. */
  admitDead(incoming: Incoming, target: MessageQueue, reason: string, description: string): void {
    putDeadLetter(target, incoming, this.main.nextSequenceNumber(), reason, description);
  }

  get counts(): EntityCounts {
    const { main, deadLetters, transferDeadLetters } = this;
    const total = main.messages.size + deadLetters.messages.size + transferDeadLetters.messages.size;
    return {
      active: main.activeCount + main.deferredCount,
      deferred: main.deferredCount,
      scheduled: main.scheduledCount,
      deadLetter: deadLetters.messages.size,
      // Transfers happen at once or not at all: nothing is ever pending between two entities of one process.
      transfer: 0,
      transferDeadLetter: transferDeadLetters.messages.size,
      total,
      sizeInBytes: main.bytes + deadLetters.bytes + transferDeadLetters.bytes,
    };
  }

  dispose(): void {
    for (const queue of this.all) {
      for (const receiver of queue.receivers) receiver.lose('entity-deleted');
      for (const waiter of queue.sessionWaiters) {
        waiter.stopWaiting();
        waiter.opened({
          ok: false,
          outcome: 'entity-not-found',
          entity: queue.path,
          detail: `The messaging entity '${queue.path}' could not be found.`,
        });
      }
      queue.dispose();
    }
  }
}
