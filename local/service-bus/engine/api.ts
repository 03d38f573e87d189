// Longer than 400 lines: the contract with the protocol, the management interface and the store, to be read as one.
/**
 * The engine of Service Bus as its neighbours see it: the AMQP protocol, the management interface, the inspection interface
 * and the journal. No wire words, no wall clock, no randomness: clock, ids and the reader of encoded messages are handed in.
 *
 * Every operation is synchronous. What a peer can cause comes back as an {@link Outcome}; a bug is an exception. Paths are
 * `queue`, `topic`, `topic/Subscriptions/name`, each with `/$DeadLetterQueue` or `/$Transfer/$DeadLetterQueue` behind it,
 * in any letter case.
 */
import type { Clock, Instant } from '../../clock/clock.ts';
import type {
  DeclaredEntities,
  EntityDefinition,
  QueueDefinition,
  RuleDefinition,
  SubscriptionDefinition,
  Tier,
  TopicDefinition,
} from './definitions.ts';
import type { BrokerEvent, ReceiverLossReason } from './events.ts';
import type { Outcome } from './outcomes.ts';
import type {
  MessageChanges,
  MessageProperties,
  MessageReader,
  MessageView,
  NewMessage,
  PropertyValue,
} from './values.ts';

export type * from './definitions.ts';
export type * from './events.ts';
export type * from './outcomes.ts';
export type * from './values.ts';

export interface BrokerOptions {
  readonly clock: Clock;
  /** A UUID: lock tokens, assigned message ids, transaction ids. */
  readonly newId: () => string;
  readonly reader: MessageReader;
  /** Default Premium. */
  readonly tier?: Tier;
  readonly namespaceName: string;
  /** What was stored before, in order: the records of a journal. */
  readonly restore?: Iterable<StoredRecord>;
  /** Default: everything is durable at once (in memory). */
  readonly durability?: Durability;
}

/** Says when what the broker has done so far is safe. */
export interface Durability {
  /** Calls back when everything before this call is on disk; at once if it is. An error: it could not be written. */
  whenDurable(done: (error: Error | undefined) => void): void;
}

/**
 * What a journal keeps: events that change what is stored, and what compaction writes in their stead. A stored message is
 * kept as a plain {@link MessageImage}.
 */
export type StoredRecord =
  | {
      readonly type: 'entity';
      readonly at: Instant;
      readonly entity: string;
      readonly definition: EntityDefinition;
      readonly info: EntityTimes;
    }
  | { readonly type: 'entity-deleted'; readonly entity: string }
  | { readonly type: 'rule-added'; readonly entity: string; readonly rule: RuleDefinition; readonly createdAt: Instant }
  | { readonly type: 'rule-removed'; readonly entity: string; readonly ruleName: string }
  /** The next message stored in the entity gets a number above this one. */
  | { readonly type: 'last-sequence-number'; readonly entity: string; readonly sequenceNumber: number }
  | { readonly type: 'message'; readonly entity: string; readonly message: MessageImage }
  | { readonly type: 'message-removed'; readonly entity: string; readonly sequenceNumber: number }
  | {
      readonly type: 'message-locked';
      readonly entity: string;
      readonly sequenceNumber: number;
      readonly lockToken: string;
      readonly lockedUntil: Instant;
    }
  /** The message is unlocked, in this state, with this count and these changes. */
  | {
      readonly type: 'message-state';
      readonly entity: string;
      readonly sequenceNumber: number;
      readonly state: 'active' | 'deferred';
      readonly deliveryCount: number;
      readonly changes: MessageChanges | undefined;
    }
  | { readonly type: 'message-id'; readonly entity: string; readonly messageId: string; readonly until: Instant }
  | {
      readonly type: 'session-state';
      readonly entity: string;
      readonly sessionId: string;
      readonly state: Uint8Array | undefined;
      readonly at: Instant;
    };

export interface EntityTimes {
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** That of its creation as long as nobody has used it. */
  readonly accessedAt: Instant;
}

/** A stored message by value. */
export interface MessageImage {
  readonly sequenceNumber: number;
  /** Of the first submission, to a topic or to an entity that forwards; `undefined`: it was sent to this one. */
  readonly enqueuedSequenceNumber: number | undefined;
  readonly state: MessageState;
  readonly enqueuedAt: Instant;
  /** `Infinity`: never. */
  readonly expiresAt: Instant;
  readonly scheduledEnqueueAt: Instant | undefined;
  readonly deliveryCount: number;
  readonly sessionId: string | undefined;
  readonly deadLetterSource: string | undefined;
  /** How often it was forwarded automatically. */
  readonly hops: number;
  readonly changes: MessageChanges | undefined;
  readonly content: Uint8Array;
}

export type MessageState = 'active' | 'deferred' | 'scheduled';

/** A message in the broker. Live: read it when it is handed over. `content` stays valid as long as it is held. */
export interface StoredMessage extends MessageImage {
  readonly lockToken: string | undefined;
  readonly lockedUntil: Instant | undefined;
  /** As they came, changes applied. */
  readonly properties: MessageProperties;
}

export type ReceiveMode = 'peek-lock' | 'receive-and-delete';

export interface Delivery {
  readonly message: StoredMessage;
  /** `undefined` in receive-and-delete: the message is gone from the entity. */
  readonly lockToken: string | undefined;
  readonly lockedUntil: Instant | undefined;
}

export interface ReceiverOptions {
  readonly mode: ReceiveMode;
  /** The receiver's name for people (AMQP: `com.microsoft:receiver-name` or the link's name). */
  readonly identifier: string;
  /** Absent: no session. `next`: the next session that has messages, waiting up to `timeoutMs` for one. */
  readonly session?: { readonly id: string } | { readonly next: true; readonly timeoutMs: number };
  /** Called within the operation that makes the message available, never without credit. May call the broker. */
  deliver(delivery: Delivery): void;
  /** The broker ended the receiver; it is closed already. Called at most once, never after `close`. */
  onLost(reason: ReceiverLossReason): void;
}

export interface Receiver {
  readonly id: string;
  /** The path of the entity in its own letter case. */
  readonly entity: string;
  readonly sessionId: string | undefined;
  /** Until when the session is locked for this receiver; moves with renewals. */
  readonly sessionLockedUntil: Instant | undefined;
  readonly credit: number;
  /** The link's credit as the peer states it, replacing what is left. Delivers at once what is there. */
  setCredit(credit: number): void;
  /** Gives up the credit that is left and returns how much it was. */
  drain(): number;
  /** Unsettled messages stay locked until their locks expire; a session is freed at once and its messages return, uncounted. */
  close(): void;
}

export interface PendingReceiver {
  /** Calls off the wait for a session; after the receiver is open it does nothing. */
  cancel(): void;
}

export type Settlement =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon'; readonly propertiesToModify?: ReadonlyMap<string, PropertyValue> }
  /** Gives the message back without counting a failure (AMQP released, or modified without delivery-failed). */
  | { readonly kind: 'release' }
  | { readonly kind: 'defer'; readonly propertiesToModify?: ReadonlyMap<string, PropertyValue> }
  | {
      readonly kind: 'dead-letter';
      readonly reason?: string;
      readonly description?: string;
      readonly propertiesToModify?: ReadonlyMap<string, PropertyValue>;
    };

/** An operation as part of a transaction. The scope is what the transaction is bound to: the connection's id. */
export interface TransactionReference {
  readonly scopeId: string;
  readonly transactionId: string;
}

export interface InTransaction {
  readonly transaction?: TransactionReference;
}

export interface SendOptions extends InTransaction {
  /** Send-via: the message is stored in `via` first and moves on from there to the entity it is sent to. */
  readonly via?: string;
}

export interface EntityCounts {
  /** Active, locked and deferred (contracts §16). */
  readonly active: number;
  /** Of the active ones, those that are deferred. */
  readonly deferred: number;
  readonly deadLetter: number;
  readonly scheduled: number;
  readonly transfer: number;
  readonly transferDeadLetter: number;
  /** All of them. */
  readonly total: number;
  readonly sizeInBytes: number;
}

export interface QueueInfo extends EntityTimes {
  readonly definition: QueueDefinition;
  readonly counts: EntityCounts;
}
export interface TopicInfo extends EntityTimes {
  readonly definition: TopicDefinition;
  readonly counts: EntityCounts;
  readonly subscriptionCount: number;
}
export interface SubscriptionInfo extends EntityTimes {
  readonly topicName: string;
  readonly definition: SubscriptionDefinition;
  readonly counts: EntityCounts;
}
export interface RuleInfo {
  readonly rule: RuleDefinition;
  readonly createdAt: Instant;
}

/** What a path names. */
export interface EntityDescription {
  /** In the entity's own letter case. */
  readonly path: string;
  readonly kind: 'queue' | 'topic' | 'subscription';
  readonly subQueue: 'none' | 'dead-letter' | 'transfer-dead-letter';
  readonly requiresSession: boolean;
  /** What arrives moves on at once: it cannot be received from. */
  readonly forwards: boolean;
  readonly maxMessageBytes: number;
  readonly lockDurationMs: number;
}

export interface ReceiverInfo {
  readonly id: string;
  readonly entity: string;
  readonly identifier: string;
  readonly mode: ReceiveMode;
  readonly sessionId: string | undefined;
  readonly credit: number;
}

export interface Broker {
  readonly namespaceName: string;
  readonly tier: Tier;

  // Entities. Names and paths are found in any letter case and kept in the case in which they were created.

  /** Creates what is missing and updates what differs; leaves everything else alone. All problems at once. */
  declare(entities: DeclaredEntities): readonly { readonly entity: string; readonly detail: string }[];
  describe(path: string): Outcome<EntityDescription>;
  createQueue(definition: QueueDefinition): Outcome<QueueInfo>;
  updateQueue(definition: QueueDefinition): Outcome<QueueInfo>;
  deleteQueue(name: string): Outcome;
  getQueue(name: string): Outcome<QueueInfo>;
  /** By name, ascending. */
  listQueues(): readonly QueueInfo[];
  createTopic(definition: TopicDefinition): Outcome<TopicInfo>;
  updateTopic(definition: TopicDefinition): Outcome<TopicInfo>;
  deleteTopic(name: string): Outcome;
  getTopic(name: string): Outcome<TopicInfo>;
  listTopics(): readonly TopicInfo[];
  /** Default rules: `$Default` with the true filter. */
  createSubscription(
    topicName: string,
    definition: SubscriptionDefinition,
    rules?: readonly RuleDefinition[],
  ): Outcome<SubscriptionInfo>;
  updateSubscription(topicName: string, definition: SubscriptionDefinition): Outcome<SubscriptionInfo>;
  deleteSubscription(topicName: string, name: string): Outcome;
  getSubscription(topicName: string, name: string): Outcome<SubscriptionInfo>;
  listSubscriptions(topicName: string): Outcome<{ readonly subscriptions: readonly SubscriptionInfo[] }>;
  /** `path` names the subscription. */
  addRule(path: string, rule: RuleDefinition): Outcome<RuleInfo>;
  updateRule(path: string, rule: RuleDefinition): Outcome<RuleInfo>;
  removeRule(path: string, ruleName: string): Outcome;
  /** By name, ascending. */
  listRules(path: string): Outcome<{ readonly rules: readonly RuleInfo[] }>;

  // Sending

  /** May a sender be opened here: is it there, does it take messages, is it a queue or a topic. */
  openSender(path: string, options?: { readonly via?: string }): Outcome<EntityDescription>;
  /** All or none. A duplicate is accepted and dropped; its number is 0. A scheduled time makes the message scheduled. */
  send(
    path: string,
    messages: readonly NewMessage[],
    options?: SendOptions,
  ): Outcome<{ readonly sequenceNumbers: readonly number[] }>;
  /** Every message must have its scheduled time. In a transaction too the numbers are given at once. */
  schedule(
    path: string,
    messages: readonly NewMessage[],
    options?: InTransaction,
  ): Outcome<{ readonly sequenceNumbers: readonly number[] }>;
  /** All or none: an unknown number refuses the request. */
  cancelScheduled(path: string, sequenceNumbers: readonly number[], options?: InTransaction): Outcome;

  // Receiving

  /** `opened` is called once: within this call, or later when a session was waited for. */
  openReceiver(
    path: string,
    options: ReceiverOptions,
    opened: (outcome: Outcome<{ readonly receiver: Receiver }>) => void,
  ): PendingReceiver;
  /** By lock token, from any connection, whether or not the receiver is still there. */
  settle(path: string, lockToken: string, settlement: Settlement, options?: InTransaction): Outcome;
  /** All or none. */
  settleAll(path: string, lockTokens: readonly string[], settlement: Settlement, options?: InTransaction): Outcome;
  /** All or none. Locks of messages in a session move with the session's lock and cannot be renewed alone. */
  renewLocks(
    path: string,
    lockTokens: readonly string[],
    options?: InTransaction,
  ): Outcome<{ readonly lockedUntil: readonly Instant[] }>;
  /** All or none. In a sessionful entity `sessionId` must be a session that a receiver holds. */
  receiveDeferred(
    path: string,
    sequenceNumbers: readonly number[],
    options: { readonly mode: ReceiveMode; readonly sessionId?: string },
  ): Outcome<{ readonly deliveries: readonly Delivery[] }>;
  /** Messages with a number of at least `fromSequenceNumber`, ascending; at most 250. Locks and counts nothing. */
  peek(
    path: string,
    options: { readonly fromSequenceNumber: number; readonly maxCount: number; readonly sessionId?: string },
  ): Outcome<{ readonly messages: readonly StoredMessage[] }>;
  /** Active, unlocked messages enqueued before the instant, oldest first, up to the tier's limit (500 or 4000). */
  deleteMessages(
    path: string,
    options: { readonly maxCount: number; readonly enqueuedBefore: Instant; readonly sessionId?: string },
  ): Outcome<{ readonly count: number }>;

  // Sessions

  renewSessionLock(path: string, sessionId: string): Outcome<{ readonly lockedUntil: Instant }>;
  getSessionState(path: string, sessionId: string): Outcome<{ readonly state: Uint8Array | undefined }>;
  setSessionState(path: string, sessionId: string, state: Uint8Array | undefined, options?: InTransaction): Outcome;
  /** `stateSetAfter` absent: sessions with active messages or state. Otherwise those whose state was set after it. By id. */
  listSessions(
    path: string,
    options: { readonly stateSetAfter?: Instant; readonly skip: number; readonly top: number },
  ): Outcome<{ readonly sessionIds: readonly string[] }>;

  // Transactions (contracts §13)

  /** Bound to `scopeId`. Rolled back after 2 minutes, counted from the first operation. */
  declareTransaction(scopeId: string): { readonly transactionId: string };
  /** Commits, or rolls back when `fail`. */
  dischargeTransaction(reference: TransactionReference, fail: boolean): Outcome;
  /** The connection, or its coordinator link, is gone: rolls back what it left open. */
  endTransactionScope(scopeId: string): void;

  // Looking on

  /** Listeners are called in the order in which they were added, within the operation. Returns how to stop. */
  onEvent(listener: (event: BrokerEvent) => void): () => void;
  /** The events that change what is stored, as the records that a journal keeps. */
  onRecord(listener: (record: StoredRecord) => void): () => void;
  /**
   * After a restart: what came due while nobody was there (expired locks, due schedules) happens now. Called once, when the
   * journal listens.
   */
  catchUp(): void;
  /** When to acknowledge: see {@link Durability}. */
  whenDurable(done: (error: Error | undefined) => void): void;
  counts(path: string): Outcome<EntityCounts>;
  receivers(path?: string): readonly ReceiverInfo[];
  /** What the broker holds, as records from which it can be restored: what compaction writes. */
  records(): Iterable<StoredRecord>;

  // For inspection and tests

  /** Removes every message that is not locked, of every state; returns how many. */
  purge(path: string): Outcome<{ readonly count: number }>;
  /** Ends the lock as if its time had passed. */
  loseLock(path: string, lockToken: string): Outcome;
  /** Ends the session's lock as if its time had passed. */
  loseSession(path: string, sessionId: string): Outcome;
  /** Ends a receiver from the broker's side. */
  detachReceiver(receiverId: string): Outcome;

  /** Clears every timer; receivers are closed without notice. What is stored can still be read. */
  close(): void;
}

/** One of the four events that Service Bus gives Event Grid (event-grid/event-schema-service-bus). */
export interface AvailabilityEvent {
  readonly type:
    | 'ActiveMessagesAvailableWithNoListeners'
    | 'DeadletterMessagesAvailableWithNoListeners'
    | 'ActiveMessagesAvailablePeriodicNotifications'
    | 'DeadletterMessagesAvailablePeriodicNotifications';
  readonly at: Instant;
  readonly namespaceName: string;
  readonly entityType: 'queue' | 'subscriber';
  readonly queueName: string | undefined;
  readonly topicName: string | undefined;
  readonly subscriptionName: string | undefined;
}

// Filters: what `filters/index.ts` exports.

export interface RuleError {
  /** The type of the exception, as the dead-letter reason says it. */
  readonly reason: string;
  readonly description: string;
}

export interface CompiledRule {
  readonly definition: RuleDefinition;
  readonly hasAction: boolean;
  matches(view: MessageView): 'match' | 'no-match' | { readonly error: RuleError };
  /** Without an action: no changes. */
  applyAction(view: MessageView): { readonly changes: MessageChanges } | { readonly error: RuleError };
}

export type CompileRule = (
  rule: RuleDefinition,
) => { readonly ok: true; readonly rule: CompiledRule } | { readonly ok: false; readonly error: string };
