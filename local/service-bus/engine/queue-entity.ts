import type { EntityDefinition, EntityTimes, MessageProperties, QueueDefinition, QueueInfo } from './api.ts';
import { DuplicateHistory } from './duplicate-history.ts';
import type { Incoming } from './incoming.ts';
import type { Kernel } from './kernel.ts';
import type { Message } from './message.ts';
import { QueueGroup } from './queue-group.ts';
import { SizeAccount } from './size-account.ts';

const BYTES_PER_MEGABYTE = 1024 * 1024;

export const sizeLimit = (megabytes: number): number => megabytes * BYTES_PER_MEGABYTE;

/** What names a message to duplicate detection: partitioned entities look at id and partition key (contracts §8). */
export function duplicateKey(properties: MessageProperties, isPartitioned: boolean): string | undefined {
  const { messageId, partitionKey, sessionId } = properties;
  if (messageId === undefined) return undefined;
  return isPartitioned ? `${messageId}\n${partitionKey ?? sessionId ?? ''}` : messageId;
}

/** Looks a message up in a history and remembers it. True: it is a duplicate, to be accepted and dropped. */
export function isDuplicate(
  kernel: Kernel,
  entity: string,
  history: DuplicateHistory,
  key: string | undefined,
  windowMs: number,
): boolean {
  if (key === undefined) return false;
  const now = kernel.now();
  if (history.has(key, now)) {
    kernel.emit({ type: 'message-duplicate', entity, messageId: key });
    return true;
  }
  const until = now + windowMs;
  history.remember(key, until, now);
  kernel.emit({ type: 'message-id-remembered', entity, messageId: key, until });
  return false;
}

/** A message that came due or moves on, at the door again. */
export function incomingFrom(
  message: Message,
  entity: string,
  rest: Pick<Incoming, 'cause' | 'enqueuedSequenceNumber' | 'deadLetterSource' | 'hops' | 'scheduledEnqueueAt'>,
): Incoming {
  return {
    location: message.location,
    properties: message.properties,
    changes: message.particulars?.changes,
    assignedId: message.assignedId,
    from: { entity, sequenceNumber: message.sequenceNumber },
    waitedUntil: message.scheduledEnqueueAt,
    ...rest,
  };
}

export class QueueEntity {
  readonly kind = 'queue';
  readonly path: string;
  readonly group: QueueGroup;
  readonly account: SizeAccount;
  readonly history = new DuplicateHistory();
  definition: QueueDefinition;
  times: EntityTimes;
  lastUseAt: number;
  private wasUsed = false;
  private readonly kernel: Kernel;

  constructor(kernel: Kernel, definition: QueueDefinition, times: EntityTimes) {
    this.kernel = kernel;
    this.path = definition.name;
    this.definition = definition;
    this.times = times;
    this.lastUseAt = kernel.now();
    this.account = new SizeAccount(sizeLimit(definition.maxSizeInMegabytes));
    this.group = new QueueGroup(kernel, this.path, definition, this.account, {
      onActivation: (message) => this.activate(message),
      noteUse: () => this.noteUse(),
    });
  }

  get requiresSession(): boolean {
    return this.definition.requiresSession;
  }

  get takesMessages(): boolean {
    return this.definition.status === 'Active' || this.definition.status === 'ReceiveDisabled';
  }

  get isBusy(): boolean {
    return this.group.isBusy;
  }

  get entityDefinition(): EntityDefinition {
    return { kind: 'queue', definition: this.definition };
  }

  get info(): QueueInfo {
    const { createdAt, updatedAt } = this.times;
    return {
      definition: this.definition,
      counts: this.group.counts,
      createdAt,
      updatedAt,
      accessedAt: this.accessedAt,
    };
  }

  noteUse(): void {
    this.lastUseAt = this.kernel.now();
    this.wasUsed = true;
  }

  /** The last use, also before a restart; when it was made, if it was not used. */
  get accessedAt(): number {
    return this.wasUsed ? this.lastUseAt : this.times.accessedAt;
  }

  update(definition: QueueDefinition): void {
    this.definition = definition;
    this.account.limitBytes = sizeLimit(definition.maxSizeInMegabytes);
    this.group.update(definition);
  }

  /** Returns the message's number; 0 for a duplicate. */
  arrive(incoming: Incoming, sequenceNumber?: number): number {
    const { definition } = this;
    if (definition.requiresDuplicateDetection) {
      const key = duplicateKey(incoming.properties, definition.enablePartitioning);
      const windowMs = definition.duplicateDetectionHistoryTimeWindowMs;
      if (isDuplicate(this.kernel, this.path, this.history, key, windowMs)) return 0;
    }
    return this.group.admit(incoming, { timeToLiveMs: incoming.properties.timeToLiveMs, sequenceNumber });
  }

  /** A scheduled message is appended as a new one, without a second look at its id: that was at submission. */
  private activate(message: Message): void {
    const incoming = incomingFrom(message, this.path, {
      cause: 'activated',
      // A first submission counts from its activation, as everything about the message does.
      enqueuedSequenceNumber: message.particulars?.enqueuedSequenceNumber,
      deadLetterSource: message.deadLetterSource,
      hops: message.hops,
      scheduledEnqueueAt: undefined,
    });
    this.group.admit(incoming, { timeToLiveMs: incoming.properties.timeToLiveMs });
  }

  dispose(): void {
    this.group.dispose();
  }
}
