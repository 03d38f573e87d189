import type { PropertyValue } from './values.ts';

/**
 * Entities and their policies, in ARM's names; durations in milliseconds, `Infinity` for "no limit". The same shapes as
 * `local/topology/types.ts`, written down again because an engine imports nothing outside its folder (docs/architecture.md, "Who may import what"); the
 * compiler compares the two where `service-bus/index.ts` hands the topology in.
 */
export type EntityStatus = 'Active' | 'Disabled' | 'SendDisabled' | 'ReceiveDisabled';
export type Tier = 'Basic' | 'Standard' | 'Premium';

export interface AuthorizationRule {
  readonly name: string;
  readonly rights: readonly ('Listen' | 'Send' | 'Manage')[];
  readonly primaryKey: string;
  readonly secondaryKey?: string;
}

export interface QueueDefinition {
  readonly name: string;
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  readonly requiresSession: boolean;
  readonly requiresDuplicateDetection: boolean;
  readonly duplicateDetectionHistoryTimeWindowMs: number;
  readonly defaultMessageTimeToLiveMs: number;
  readonly deadLetteringOnMessageExpiration: boolean;
  readonly autoDeleteOnIdleMs: number;
  readonly maxSizeInMegabytes: number;
  readonly maxMessageSizeInKilobytes: number | undefined;
  readonly forwardTo: string | undefined;
  readonly forwardDeadLetteredMessagesTo: string | undefined;
  readonly targetSchemes?: TargetSchemes;
  readonly enableBatchedOperations: boolean;
  readonly enablePartitioning: boolean;
  readonly enableExpress: boolean;
  readonly status: EntityStatus;
  readonly userMetadata: string | undefined;
  readonly authorizationRules: readonly AuthorizationRule[];
}

/** A topic without its subscriptions. */
export interface TopicDefinition {
  readonly name: string;
  readonly requiresDuplicateDetection: boolean;
  readonly duplicateDetectionHistoryTimeWindowMs: number;
  readonly defaultMessageTimeToLiveMs: number;
  readonly autoDeleteOnIdleMs: number;
  readonly maxSizeInMegabytes: number;
  readonly maxMessageSizeInKilobytes: number | undefined;
  readonly supportOrdering: boolean;
  readonly enableBatchedOperations: boolean;
  readonly enablePartitioning: boolean;
  readonly enableExpress: boolean;
  readonly status: EntityStatus;
  readonly userMetadata: string | undefined;
  readonly authorizationRules: readonly AuthorizationRule[];
}

/** A subscription without its rules. */
export interface SubscriptionDefinition {
  readonly name: string;
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  readonly requiresSession: boolean;
  readonly defaultMessageTimeToLiveMs: number;
  readonly deadLetteringOnMessageExpiration: boolean;
  readonly deadLetteringOnFilterEvaluationExceptions: boolean;
  readonly autoDeleteOnIdleMs: number;
  readonly forwardTo: string | undefined;
  readonly forwardDeadLetteredMessagesTo: string | undefined;
  readonly targetSchemes?: TargetSchemes;
  readonly enableBatchedOperations: boolean;
  readonly status: EntityStatus;
  readonly userMetadata: string | undefined;
}

/** Under which scheme the URIs of the two targets were given, where it was not `sb`. Kept like metadata, for the management interface. */
type TargetSchemes = Readonly<Partial<Record<'forwardTo' | 'forwardDeadLetteredMessagesTo', string>>>;

export interface RuleDefinition {
  readonly name: string;
  readonly filter: RuleFilter;
  readonly action: RuleAction | undefined;
}

export interface RuleAction {
  readonly sqlExpression: string;
  readonly parameters?: Readonly<Record<string, FilterValue>>;
}

export type RuleFilter =
  | { readonly filterType: 'TrueFilter' }
  | { readonly filterType: 'FalseFilter' }
  | {
      readonly filterType: 'SqlFilter';
      readonly sqlExpression: string;
      readonly parameters?: Readonly<Record<string, FilterValue>>;
    }
  | ({ readonly filterType: 'CorrelationFilter' } & CorrelationFilterFields);

export interface CorrelationFilterFields {
  readonly correlationId?: string;
  readonly messageId?: string;
  readonly to?: string;
  readonly replyTo?: string;
  readonly label?: string;
  readonly sessionId?: string;
  readonly replyToSessionId?: string;
  readonly contentType?: string;
  readonly properties?: Readonly<Record<string, FilterValue>>;
}

/** Plain, as a declaration gives it, or with the type that a client gave it. */
export type FilterValue = string | number | bigint | boolean | Date | PropertyValue;

/** All of an entity in one value: what the journal keeps and the management interface shows. */
export type EntityDefinition =
  | { readonly kind: 'queue'; readonly definition: QueueDefinition }
  | { readonly kind: 'topic'; readonly definition: TopicDefinition }
  | { readonly kind: 'subscription'; readonly topicName: string; readonly definition: SubscriptionDefinition };

/** What a topology declares: {@link Broker.declare} makes it so. */
export interface DeclaredEntities {
  readonly queues: readonly QueueDefinition[];
  readonly topics: readonly (TopicDefinition & {
    readonly subscriptions: readonly (SubscriptionDefinition & { readonly rules: readonly RuleDefinition[] })[];
  })[];
}
