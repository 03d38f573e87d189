import type { QueueDefinition, SubscriptionDefinition, TopicDefinition } from './definitions.ts';

const MINUTE_MS = 60_000;
const NEVER_MS = Number.POSITIVE_INFINITY;

/** A queue of which nothing is said but its name (defaults of learn.microsoft.com/rest/api/servicebus/queue). */
export function newQueue(name: string): QueueDefinition {
  return {
    name,
    lockDurationMs: MINUTE_MS,
    maxDeliveryCount: 10,
    requiresSession: false,
    requiresDuplicateDetection: false,
    duplicateDetectionHistoryTimeWindowMs: 10 * MINUTE_MS,
    defaultMessageTimeToLiveMs: NEVER_MS,
    deadLetteringOnMessageExpiration: false,
    autoDeleteOnIdleMs: NEVER_MS,
    maxSizeInMegabytes: 1024,
    maxMessageSizeInKilobytes: undefined,
    forwardTo: undefined,
    forwardDeadLetteredMessagesTo: undefined,
    enableBatchedOperations: true,
    enablePartitioning: false,
    enableExpress: false,
    status: 'Active',
    userMetadata: undefined,
    authorizationRules: [],
  };
}

export function newTopic(name: string): TopicDefinition {
  return {
    name,
    requiresDuplicateDetection: false,
    duplicateDetectionHistoryTimeWindowMs: 10 * MINUTE_MS,
    defaultMessageTimeToLiveMs: NEVER_MS,
    autoDeleteOnIdleMs: NEVER_MS,
    maxSizeInMegabytes: 1024,
    maxMessageSizeInKilobytes: undefined,
    supportOrdering: true,
    enableBatchedOperations: true,
    enablePartitioning: false,
    enableExpress: false,
    status: 'Active',
    userMetadata: undefined,
    authorizationRules: [],
  };
}

export function newSubscription(name: string): SubscriptionDefinition {
  return {
    name,
    lockDurationMs: MINUTE_MS,
    maxDeliveryCount: 10,
    requiresSession: false,
    defaultMessageTimeToLiveMs: NEVER_MS,
    deadLetteringOnMessageExpiration: false,
    deadLetteringOnFilterEvaluationExceptions: true,
    autoDeleteOnIdleMs: NEVER_MS,
    forwardTo: undefined,
    forwardDeadLetteredMessagesTo: undefined,
    enableBatchedOperations: true,
    status: 'Active',
    userMetadata: undefined,
  };
}
