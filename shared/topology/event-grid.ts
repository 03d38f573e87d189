import type { Hub } from './event-hubs.ts';
import type { MessageDefinition } from './message.ts';
import type { Queue, Topic } from './service-bus.ts';
import type { Container, StorageQueue } from './storage.ts';

/** The advanced operators of Event Grid (event filtering, "Advanced filtering"), as ARM spells them. */
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

export interface EventFilter<EventType extends string = string> {
  readonly includedEventTypes?: readonly EventType[];
  readonly subjectBeginsWith?: string;
  readonly subjectEndsWith?: string;
  readonly isSubjectCaseSensitive?: boolean;
  readonly enableAdvancedFilteringOnArrays?: boolean;
  readonly advancedFilters?: readonly AdvancedFilter[];
}

/** Either a function, by its name, or an entity of the declaration, by itself: a misspelt one does not compile. */
export type EventDestination =
  | { readonly function: string; readonly maxEventsPerBatch?: number; readonly preferredBatchSizeInKilobytes?: number }
  | Queue
  | Topic
  | StorageQueue
  | Hub;

export interface EventSubscriptionDeclaration<EventType extends string = string> {
  readonly destination: EventDestination;
  readonly filter?: EventFilter<EventType>;
  readonly retryPolicy?: { readonly maxDeliveryAttempts?: number; readonly eventTimeToLiveInMinutes?: number };
  /** Where an event goes that could not be delivered. Event Grid keeps none unless told so. */
  readonly deadLetter?: Container;
}

/** An event subscription; its name is the key it stands under in its topic. */
export function eventSubscription<const S extends EventSubscriptionDeclaration>(declaration: S): S {
  return declaration;
}

/**
 * An Event Grid custom topic of CloudEvents. `events` are the only ones that can be published to it and filtered by.
 */
export function customTopic<
  const Name extends string,
  const Events extends readonly MessageDefinition[],
  const Subscriptions extends Readonly<Record<string, EventSubscriptionDeclaration<Events[number]['type']>>>,
>(declaration: { readonly name: Name; readonly events: Events; readonly eventSubscriptions: Subscriptions }) {
  return { ...declaration, kind: 'customTopic', inputSchema: 'CloudEventSchemaV1_0' } as const;
}

/** The types of system events that this system subscribes to (event-schema-blob-storage, event-schema-service-bus). */
export interface SystemEventTypes {
  'Microsoft.Storage.StorageAccounts': 'Microsoft.Storage.BlobCreated' | 'Microsoft.Storage.BlobDeleted';
  'Microsoft.ServiceBus.Namespaces':
    | 'Microsoft.ServiceBus.ActiveMessagesAvailableWithNoListeners'
    | 'Microsoft.ServiceBus.DeadletterMessagesAvailableWithNoListeners'
    | 'Microsoft.ServiceBus.ActiveMessagesAvailablePeriodicNotifications'
    | 'Microsoft.ServiceBus.DeadletterMessagesAvailablePeriodicNotifications';
  'Microsoft.EventHub.Namespaces': 'Microsoft.EventHub.CaptureFileCreated';
}

/** An Event Grid system topic: what a service of ours says by itself, in the Event Grid schema. */
export function systemTopic<
  const Name extends string,
  const Type extends keyof SystemEventTypes,
  const Subscriptions extends Readonly<Record<string, EventSubscriptionDeclaration<SystemEventTypes[Type]>>>,
>(declaration: { readonly name: Name; readonly topicType: Type; readonly eventSubscriptions: Subscriptions }) {
  return { ...declaration, kind: 'systemTopic' } as const;
}

export type CustomTopic = {
  readonly kind: 'customTopic';
  readonly name: string;
  readonly events: readonly MessageDefinition[];
  readonly inputSchema: 'CloudEventSchemaV1_0';
  readonly eventSubscriptions: Readonly<Record<string, EventSubscriptionDeclaration>>;
};
export type SystemTopic = {
  readonly kind: 'systemTopic';
  readonly name: string;
  readonly topicType: keyof SystemEventTypes;
  readonly eventSubscriptions: Readonly<Record<string, EventSubscriptionDeclaration>>;
};
