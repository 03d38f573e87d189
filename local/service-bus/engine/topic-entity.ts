import type { EntityCounts, EntityDefinition, EntityTimes, TopicDefinition, TopicInfo } from './api.ts';
import { DuplicateHistory } from './duplicate-history.ts';
import { effectiveTimeToLive, type Incoming, particularsOf } from './incoming.ts';
import type { Kernel } from './kernel.ts';
import type { Message } from './message.ts';
import { MessageQueue } from './message-queue.ts';
import { duplicateKey, incomingFrom, isDuplicate, sizeLimit } from './queue-entity.ts';
import { SizeAccount } from './size-account.ts';
import type { SubscriptionEntity } from './subscription-entity.ts';
import { ArrivalView } from './view.ts';

const SHELF_POLICY = {
  lockDurationMs: 60_000,
  maxDeliveryCount: Number.POSITIVE_INFINITY,
  deadLettersExpired: false,
  requiresSession: false,
  forwardTo: undefined,
};

export class TopicEntity {
  readonly kind = 'topic';
  readonly path: string;
  readonly subscriptions = new Map<string, SubscriptionEntity>();
  readonly account: SizeAccount;
  readonly history = new DuplicateHistory();
  /** Scheduled messages wait in the topic until they are due; only then do the rules run (contracts §5). */
  readonly shelf: MessageQueue;
  /** For send-via through the topic. */
  readonly transferDeadLetters: MessageQueue;
  readonly requiresSession = false;
  definition: TopicDefinition;
  times: EntityTimes;
  lastUseAt: number;
  private wasUsed = false;
  private readonly kernel: Kernel;

  constructor(kernel: Kernel, definition: TopicDefinition, times: EntityTimes) {
    this.kernel = kernel;
    this.path = definition.name;
    this.definition = definition;
    this.times = times;
    this.lastUseAt = kernel.now();
    this.account = new SizeAccount(sizeLimit(definition.maxSizeInMegabytes));
    const setup = {
      policy: SHELF_POLICY,
      account: this.account,
      deadLetters: undefined,
      onActivation: (message: Message) => this.activate(message),
      noteUse: () => this.noteUse(),
    };
    this.shelf = new MessageQueue(kernel, { ...setup, path: this.path });
    this.transferDeadLetters = new MessageQueue(kernel, {
      ...setup,
      path: `${this.path}/$Transfer/$DeadLetterQueue`,
    });
  }

  get takesMessages(): boolean {
    return this.definition.status === 'Active' || this.definition.status === 'ReceiveDisabled';
  }

  get isBusy(): boolean {
    return this.shelf.scheduledCount > 0 || [...this.subscriptions.values()].some((each) => each.isBusy);
  }

  get entityDefinition(): EntityDefinition {
    return { kind: 'topic', definition: this.definition };
  }

  get counts(): EntityCounts {
    const transferDeadLetter = this.transferDeadLetters.messages.size;
    return {
      active: 0,
      deferred: 0,
      deadLetter: 0,
      scheduled: this.shelf.scheduledCount,
      transfer: 0,
      transferDeadLetter,
      total: this.shelf.scheduledCount + transferDeadLetter,
      sizeInBytes: this.account.bytes,
    };
  }

  get info(): TopicInfo {
    const { createdAt, updatedAt } = this.times;
    return {
      definition: this.definition,
      counts: this.counts,
      createdAt,
      updatedAt,
      accessedAt: this.accessedAt,
      subscriptionCount: this.subscriptions.size,
    };
  }

  /** Use of a subscription is use of its topic (V exp). */
  get lastUseOfAllAt(): number {
    let latest = this.lastUseAt;
    for (const subscription of this.subscriptions.values()) latest = Math.max(latest, subscription.lastUseAt);
    return latest;
  }

  noteUse(): void {
    this.lastUseAt = this.kernel.now();
    this.wasUsed = true;
  }

  /** The last use, also before a restart; when it was made, if it was not used. */
  get accessedAt(): number {
    return this.wasUsed ? this.lastUseAt : this.times.accessedAt;
  }

  update(definition: TopicDefinition): void {
    this.definition = definition;
    this.account.limitBytes = sizeLimit(definition.maxSizeInMegabytes);
  }

  /** Returns the message's number; 0 for a duplicate. */
  arrive(incoming: Incoming, sequenceNumber = this.shelf.nextSequenceNumber()): number {
    const { definition } = this;
    if (definition.requiresDuplicateDetection) {
      const key = duplicateKey(incoming.properties, definition.enablePartitioning);
      const windowMs = definition.duplicateDetectionHistoryTimeWindowMs;
      if (isDuplicate(this.kernel, this.path, this.history, key, windowMs)) return 0;
    }
    const dueAt = incoming.scheduledEnqueueAt;
    if (dueAt !== undefined && dueAt > this.kernel.now()) this.shelve(incoming, sequenceNumber);
    else this.publish(incoming, sequenceNumber);
    return sequenceNumber;
  }

  private shelve(incoming: Incoming, sequenceNumber: number): void {
    this.shelf.put(
      {
        location: incoming.location,
        cause: incoming.cause,
        from: incoming.from,
        sessionId: undefined,
        assignedId: incoming.assignedId,
        particulars: particularsOf(incoming, incoming.changes, incoming.enqueuedSequenceNumber),
        timeToLiveMs: undefined,
        scheduledEnqueueAt: incoming.scheduledEnqueueAt,
      },
      sequenceNumber,
    );
  }

  private publish(incoming: Incoming, sequenceNumber: number): void {
    const { properties } = incoming;
    this.kernel.emit({
      type: 'message-published',
      entity: this.path,
      sequenceNumber,
      messageId: properties.messageId,
    });
    const enqueuedSequenceNumber = incoming.enqueuedSequenceNumber ?? sequenceNumber;
    const timeToLiveMs = effectiveTimeToLive(properties.timeToLiveMs, this.definition.defaultMessageTimeToLiveMs);
    const published: Incoming = {
      ...incoming,
      enqueuedSequenceNumber,
      cause: 'copied',
      from: { entity: this.path, sequenceNumber },
      scheduledEnqueueAt: undefined,
    };
    const view = new ArrivalView({
      ...published,
      sequenceNumber,
      enqueuedSequenceNumber,
      enqueuedAt: this.kernel.now(),
      timeToLiveMs,
    });
    for (const subscription of this.subscriptions.values())
      subscription.offer(published, this.definition.defaultMessageTimeToLiveMs, view);
  }

  private activate(message: Message): void {
    const incoming = incomingFrom(message, this.path, {
      cause: 'activated',
      enqueuedSequenceNumber: message.particulars?.enqueuedSequenceNumber,
      deadLetterSource: message.deadLetterSource,
      hops: message.hops,
      scheduledEnqueueAt: undefined,
    });
    this.publish(incoming, this.shelf.nextSequenceNumber());
  }

  dispose(): void {
    for (const subscription of this.subscriptions.values()) subscription.dispose();
    this.shelf.dispose();
    this.transferDeadLetters.dispose();
  }
}
