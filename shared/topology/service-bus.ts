import type { MessageDefinition } from './message.ts';
import type { NoOthers } from './no-others.ts';

/** ISO 8601, as ARM writes it: `PT1M`, `P14D`. */
export type IsoDuration = `P${string}`;

/**
 * Who takes what lies in an entity. Exactly one of them, so that nothing is sent where nobody looks:
 * `consumer`: a function whose trigger listens; `drainedBy`: a function that Event Grid wakes, and no listener;
 * `keptFor`: people, and why.
 */
export type Reader =
  | { readonly consumer: string; readonly drainedBy?: never; readonly keptFor?: never }
  | { readonly drainedBy: string; readonly consumer?: never; readonly keptFor?: never }
  | { readonly keptFor: string; readonly consumer?: never; readonly drainedBy?: never };

/** ARM's properties of Microsoft.ServiceBus/namespaces/queues, as they are. Left out: the service's default. */
export interface QueueProperties {
  readonly lockDuration?: IsoDuration;
  readonly maxDeliveryCount?: number;
  readonly requiresSession?: boolean;
  readonly requiresDuplicateDetection?: boolean;
  readonly duplicateDetectionHistoryTimeWindow?: IsoDuration;
  readonly defaultMessageTimeToLive?: IsoDuration;
  readonly deadLetteringOnMessageExpiration?: boolean;
  readonly forwardTo?: string;
  readonly forwardDeadLetteredMessagesTo?: string;
  readonly maxSizeInMegabytes?: number;
}

type Declared = {
  readonly name: string;
  /** What it carries; several when Event Grid or several senders put different messages in one place. */
  readonly message: MessageDefinition | readonly MessageDefinition[];
  /**
   * How the message stands on the wire: `properties` (our own senders: the data is the body, ids are properties) or
   * `cloud-event` (put there by Event Grid: the body is a whole CloudEvent).
   */
  readonly format?: 'properties' | 'cloud-event';
  /** The function that Event Grid wakes when dead letters lie here and nobody listens. */
  readonly deadLettersTriagedBy?: string;
};

export type QueueDeclaration = QueueProperties & Declared & Reader;

/** A Service Bus queue. */
export function queue<const Q extends QueueDeclaration>(declaration: Q & NoOthers<Q, QueueDeclaration>) {
  return { ...(declaration as Q), kind: 'serviceBusQueue' } as const;
}

/** ARM's properties of a topic. */
export interface TopicProperties {
  readonly requiresDuplicateDetection?: boolean;
  readonly duplicateDetectionHistoryTimeWindow?: IsoDuration;
  readonly defaultMessageTimeToLive?: IsoDuration;
  readonly supportOrdering?: boolean;
  readonly maxSizeInMegabytes?: number;
}

/** ARM's correlation filter: all that is named must be equal. */
export interface CorrelationFilter {
  readonly correlationId?: string;
  readonly messageId?: string;
  readonly to?: string;
  readonly replyTo?: string;
  readonly label?: string;
  readonly sessionId?: string;
  readonly replyToSessionId?: string;
  readonly contentType?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

/** A subscription: its consumer, its one filter (none: every message) and, with SQL, an action on what it lets through. */
export type SubscriptionDeclaration = Reader & {
  readonly filter?: { readonly sql: string; readonly action?: string } | { readonly correlation: CorrelationFilter };
  readonly lockDuration?: IsoDuration;
  readonly maxDeliveryCount?: number;
  readonly requiresSession?: boolean;
  readonly defaultMessageTimeToLive?: IsoDuration;
  readonly deadLetteringOnMessageExpiration?: boolean;
  readonly deadLetteringOnFilterEvaluationExceptions?: boolean;
  readonly forwardTo?: string;
  readonly forwardDeadLetteredMessagesTo?: string;
};

export type TopicDeclaration = TopicProperties & {
  readonly name: string;
  readonly message: MessageDefinition | readonly MessageDefinition[];
  readonly subscriptions: Readonly<Record<string, SubscriptionDeclaration>>;
};

/** A Service Bus topic with its subscriptions, by name. */
export function topic<const T extends TopicDeclaration>(declaration: T & NoOthers<T, TopicDeclaration>) {
  return { ...(declaration as T), kind: 'serviceBusTopic' } as const;
}

export type Queue = QueueDeclaration & { readonly kind: 'serviceBusQueue' };
export type Topic = TopicDeclaration & { readonly kind: 'serviceBusTopic' };
