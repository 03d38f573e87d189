import type { Instant } from '../../clock/clock.ts';
import type { MessageState, StoredMessage } from './api.ts';
import type { EntityDefinition, RuleDefinition } from './definitions.ts';

/** Why a message was stored in an entity. */
export type StoredCause =
  | 'sent'
  | 'scheduled'
  /** A scheduled message came due: it is stored anew under a new number. */
  | 'activated'
  /** The copy of a topic's message in a subscription. */
  | 'copied'
  | 'forwarded'
  | 'dead-lettered';

export type ReturnReason = 'abandoned' | 'released' | 'lock-expired' | 'session-closed' | 'session-lock-expired';

export type RemovalReason =
  | 'completed'
  | 'received-and-deleted'
  | 'expired'
  | 'canceled'
  | 'activated'
  | 'deleted'
  | 'purged'
  | 'forwarded'
  | 'dead-lettered';

export type ReceiverLossReason =
  | 'session-lock-lost'
  | 'entity-deleted'
  | 'entity-disabled'
  | 'forwarding-enabled'
  /** The inspection interface asked for it. */
  | 'detached';

/**
 * What happened in the broker: one event a transition, in order, on one stream. `entity` is the path in the entity's own
 * letter case. `message` is the live message: a listener reads it at once or copies what it needs.
 *
 * The events of one operation are delivered in one turn, so a journal that writes a turn as one record keeps operations whole.
 */
export type BrokerEvent = { readonly at: Instant; readonly entity: string } & (
  | { readonly type: 'entity-created' | 'entity-updated'; readonly definition: EntityDefinition }
  | { readonly type: 'entity-deleted' }
  | { readonly type: 'rule-added'; readonly rule: RuleDefinition }
  | { readonly type: 'rule-removed'; readonly ruleName: string }
  | {
      readonly type: 'message-stored';
      readonly message: StoredMessage;
      readonly cause: StoredCause;
      /** Where it was before, for copies, moves and activations. */
      readonly from: { readonly entity: string; readonly sequenceNumber: number } | undefined;
    }
  /** A topic took a message; a `message-stored` follows for each copy. */
  | {
      readonly type: 'message-published';
      readonly sequenceNumber: number;
      readonly messageId: string | undefined;
    }
  /** Accepted and dropped by duplicate detection. */
  | { readonly type: 'message-duplicate'; readonly messageId: string }
  /** A duplicate-detecting entity will know this id until the instant given. */
  | { readonly type: 'message-id-remembered'; readonly messageId: string; readonly until: Instant }
  | {
      readonly type: 'message-locked';
      readonly message: StoredMessage;
      readonly lockToken: string;
      readonly lockedUntil: Instant;
      readonly sessionId: string | undefined;
      readonly receiverId: string | undefined;
    }
  | {
      readonly type: 'message-lock-renewed';
      readonly sequenceNumber: number;
      readonly lockToken: string;
      readonly lockedUntil: Instant;
    }
  /** A locked message is active (or deferred) again; its delivery count is already raised where the reason raises it. */
  | { readonly type: 'message-returned'; readonly message: StoredMessage; readonly reason: ReturnReason }
  | {
      readonly type: 'message-deferred';
      readonly message: StoredMessage;
      /** `deferred`: it was fetched, and deferred again. */
      readonly was: 'active' | 'deferred';
    }
  | {
      readonly type: 'message-removed';
      readonly sequenceNumber: number;
      readonly was: MessageState;
      readonly reason: RemovalReason;
      /** Where it went, for moves. */
      readonly to: string | undefined;
    }
  | {
      readonly type: 'session-locked';
      readonly sessionId: string;
      readonly lockedUntil: Instant;
      readonly receiverId: string;
    }
  | { readonly type: 'session-lock-renewed'; readonly sessionId: string; readonly lockedUntil: Instant }
  | { readonly type: 'session-released'; readonly sessionId: string; readonly reason: 'closed' | 'expired' | 'lost' }
  | { readonly type: 'session-state-set'; readonly sessionId: string; readonly state: Uint8Array | undefined }
  | {
      readonly type: 'receiver-opened';
      readonly receiverId: string;
      readonly identifier: string;
      readonly mode: 'peek-lock' | 'receive-and-delete';
      readonly sessionId: string | undefined;
    }
  | { readonly type: 'receiver-closed'; readonly receiverId: string; readonly reason: 'closed' | ReceiverLossReason }
  /** Somebody waits for the next available session; it counts as a listener. */
  | { readonly type: 'session-wait-started'; readonly identifier: string }
  | { readonly type: 'session-wait-ended'; readonly identifier: string }
  /** A rule could not be evaluated for a message; `error` is what the dead-letter reason would say. */
  | {
      readonly type: 'rule-failed';
      readonly ruleName: string;
      readonly sequenceNumber: number;
      readonly error: { readonly reason: string; readonly description: string };
    }
  /** Transactions belong to no entity: `entity` is empty. */
  | { readonly type: 'transaction-declared'; readonly transactionId: string }
  | {
      readonly type: 'transaction-ended';
      readonly transactionId: string;
      readonly result: 'committed' | 'rolled-back' | 'timed-out';
    }
);

export type BrokerEventType = BrokerEvent['type'];
