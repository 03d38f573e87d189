/**
 * The entities of a local cloud, parsed: what `topology.json` and the official emulators' `Config.json` become once they
 * have passed their schema. Names are ARM's; every duration is in milliseconds and says so; every default is filled in.
 * `Infinity` stands for "no limit" (ARM: `P10675199DT2H48M5.4775807S`).
 */
export interface Topology {
  readonly storage: StorageTopology;
  readonly serviceBus: ServiceBusTopology;
  readonly eventHubs: EventHubsTopology;
  readonly eventGrid: EventGridTopology;
}

export interface StorageTopology {
  readonly containers: readonly string[];
  readonly queues: readonly string[];
  readonly tables: readonly string[];
}

export type EntityStatus = 'Active' | 'Disabled' | 'SendDisabled' | 'ReceiveDisabled';

export interface AuthorizationRule {
  readonly name: string;
  readonly rights: readonly ('Listen' | 'Send' | 'Manage')[];
  readonly primaryKey: string;
  readonly secondaryKey?: string;
}

export interface ServiceBusTopology {
  /** Message size and feature limits follow the tier (service-bus-quotas). Default: Premium. */
  readonly tier: 'Basic' | 'Standard' | 'Premium';
  readonly queues: readonly QueueDefinition[];
  readonly topics: readonly TopicDefinition[];
  /** Beside the documented development key, which is always there. */
  readonly authorizationRules: readonly AuthorizationRule[];
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
  readonly enableBatchedOperations: boolean;
  readonly enablePartitioning: boolean;
  readonly enableExpress: boolean;
  readonly status: EntityStatus;
  readonly userMetadata: string | undefined;
  readonly authorizationRules: readonly AuthorizationRule[];
}

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
  readonly subscriptions: readonly SubscriptionDefinition[];
}

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
  readonly enableBatchedOperations: boolean;
  readonly status: EntityStatus;
  readonly userMetadata: string | undefined;
  /** Empty in the file: the rule `$Default` with the true filter stands here. */
  readonly rules: readonly RuleDefinition[];
}

export interface RuleDefinition {
  readonly name: string;
  readonly filter: RuleFilter;
  readonly action: { readonly sqlExpression: string } | undefined;
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

export type FilterValue = string | number | bigint | boolean | Date;

export interface EventHubsTopology {
  readonly tier: 'Basic' | 'Standard' | 'Premium' | 'Dedicated';
  readonly hubs: readonly HubDefinition[];
  readonly authorizationRules: readonly AuthorizationRule[];
}

export interface HubDefinition {
  readonly name: string;
  readonly partitionCount: number;
  readonly retentionMs: number;
  readonly cleanupPolicy: 'Delete' | 'Compact';
  /** Always holds `$Default`. */
  readonly consumerGroups: readonly string[];
  readonly captureDescription: CaptureDescription | undefined;
}

export interface CaptureDescription {
  readonly encoding: 'Avro' | 'AvroDeflate';
  readonly intervalMs: number;
  readonly sizeLimitInBytes: number;
  readonly skipEmptyArchives: boolean;
  readonly container: string;
  readonly archiveNameFormat: string;
}

export interface EventGridTopology {
  readonly topics: readonly EventGridTopicDefinition[];
  readonly systemTopics: readonly SystemTopicDefinition[];
}

export type EventSchema = 'EventGridSchema' | 'CloudEventSchemaV1_0';

export interface EventGridTopicDefinition {
  readonly name: string;
  readonly inputSchema: EventSchema;
  readonly eventSubscriptions: readonly EventSubscriptionDefinition[];
}

export type SystemTopicType =
  | 'Microsoft.Storage.StorageAccounts'
  | 'Microsoft.ServiceBus.Namespaces'
  | 'Microsoft.EventHub.Namespaces';

export interface SystemTopicDefinition {
  readonly name: string;
  readonly topicType: SystemTopicType;
  readonly eventSubscriptions: readonly EventSubscriptionDefinition[];
}

export interface EventSubscriptionDefinition {
  readonly name: string;
  readonly destination: EventDestination;
  readonly filter: EventFilter;
  readonly eventDeliverySchema: EventSchema;
  readonly retryPolicy: { readonly maxDeliveryAttempts: number; readonly eventTimeToLiveInMinutes: number };
  readonly deadLetterDestination: { readonly container: string } | undefined;
}

export interface DeliveryBatching {
  readonly maxEventsPerBatch: number;
  readonly preferredBatchSizeInKilobytes: number;
}

/** A static or dynamic custom delivery property (a header, or an application property). */
export type DeliveryAttribute =
  | { readonly name: string; readonly type: 'Static'; readonly value: string; readonly isSecret?: boolean }
  | { readonly name: string; readonly type: 'Dynamic'; readonly sourceField: string };

export type EventDestination = { readonly deliveryAttributeMappings?: readonly DeliveryAttribute[] } & (
  | ({ readonly endpointType: 'AzureFunction'; readonly name: string } & DeliveryBatching)
  | ({ readonly endpointType: 'WebHook'; readonly endpointUrl: string } & DeliveryBatching)
  | { readonly endpointType: 'ServiceBusQueue'; readonly name: string }
  | { readonly endpointType: 'ServiceBusTopic'; readonly name: string }
  | { readonly endpointType: 'StorageQueue'; readonly name: string; readonly queueMessageTimeToLiveInSeconds?: number }
  | { readonly endpointType: 'EventHub'; readonly name: string }
);

export interface EventFilter {
  /** `undefined`: every type. */
  readonly includedEventTypes: readonly string[] | undefined;
  readonly subjectBeginsWith: string;
  readonly subjectEndsWith: string;
  readonly isSubjectCaseSensitive: boolean;
  readonly enableAdvancedFilteringOnArrays: boolean;
  readonly advancedFilters: readonly AdvancedFilter[];
}

export type AdvancedFilter =
  | { readonly operatorType: 'NumberIn' | 'NumberNotIn'; readonly key: string; readonly values: readonly number[] }
  | {
      readonly operatorType:
        | 'NumberLessThan'
        | 'NumberGreaterThan'
        | 'NumberLessThanOrEquals'
        | 'NumberGreaterThanOrEquals';
      readonly key: string;
      readonly value: number;
    }
  | {
      readonly operatorType: 'NumberInRange' | 'NumberNotInRange';
      readonly key: string;
      readonly values: readonly (readonly [number, number])[];
    }
  | { readonly operatorType: 'BoolEquals'; readonly key: string; readonly value: boolean }
  | {
      readonly operatorType:
        | 'StringContains'
        | 'StringNotContains'
        | 'StringBeginsWith'
        | 'StringNotBeginsWith'
        | 'StringEndsWith'
        | 'StringNotEndsWith'
        | 'StringIn'
        | 'StringNotIn';
      readonly key: string;
      readonly values: readonly string[];
    }
  | { readonly operatorType: 'IsNullOrUndefined' | 'IsNotNull'; readonly key: string };
