/**
 * Topics and event subscriptions in ARM's names. The same shapes as `local/topology/types.ts`, written down again because an
 * engine imports nothing outside its folder (docs/architecture.md, "Who may import what"); the compiler compares the two where `event-grid/index.ts` hands
 * the topology in.
 */
export type EventSchema = 'EventGridSchema' | 'CloudEventSchemaV1_0';

export type SystemTopicType =
  | 'Microsoft.Storage.StorageAccounts'
  | 'Microsoft.ServiceBus.Namespaces'
  | 'Microsoft.EventHub.Namespaces';

export interface TopicDefinition {
  readonly name: string;
  readonly inputSchema: EventSchema;
  readonly eventSubscriptions: readonly EventSubscriptionDefinition[];
}

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

/** A custom delivery property: a header, or an application property of a message. */
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
