/** Everything that can be refused. A closed list: `protocol/conditions.ts` maps each to a condition and a status. */
export type RefusalName =
  /** No such queue, topic, subscription or sub-queue; `entity` is the path as it was asked for. */
  | 'entity-not-found'
  | 'entity-already-exists'
  | 'entity-disabled'
  | 'rule-not-found'
  | 'rule-already-exists'
  /** A filter or an action that does not parse; `detail` is the parser's text. */
  | 'invalid-rule'
  /** Not possible for this entity in this way; `detail` is the service's text. */
  | 'not-allowed'
  /** A sessionful entity got a message without a session id. */
  | 'session-id-missing'
  /** The lock token is unknown, settled or expired. */
  | 'lock-lost'
  | 'session-lock-lost'
  /** Another receiver holds the session. */
  | 'session-cannot-be-locked'
  /** No session became available within the time asked for. */
  | 'timeout'
  | 'message-not-found'
  | 'message-size-exceeded'
  /** The entity is full. */
  | 'quota-exceeded'
  /** The namespace's limits (entities, subscriptions, rules, receivers) are reached. */
  | 'limit-exceeded'
  | 'invalid-argument'
  | 'argument-out-of-range'
  /** The tier has no such feature; `detail` says which. */
  | 'not-in-tier'
  | 'transaction-not-found'
  /** The transaction ran out of time, of operations, or over a message whose lock was lost; it is rolled back. */
  | 'transaction-failed'
  /** The wait was called off by the caller. */
  | 'canceled';

export interface Refusal {
  readonly ok: false;
  readonly outcome: RefusalName;
  /** The path of the entity, in its own letter case where it exists. */
  readonly entity: string;
  /** English text; the service's own where it is published. */
  readonly detail: string;
}

export type Outcome<T = unknown> = ({ readonly ok: true } & T) | Refusal;
