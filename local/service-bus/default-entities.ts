import type { QueueDefinition, SubscriptionDefinition, TopicDefinition } from './engine/definitions.ts';

const MINUTE_MS = 60_000;
const NEVER_MS = Number.POSITIVE_INFINITY;

/** A queue with ARM's defaults, for a local cloud that creates entities as they are asked for. */
export function defaultQueue(name: string): QueueDefinition {
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

export function defaultTopic(name: string): TopicDefinition {
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

export function defaultSubscription(name: string, requiresSession: boolean): SubscriptionDefinition {
  return {
    name,
    lockDurationMs: MINUTE_MS,
    maxDeliveryCount: 10,
    requiresSession,
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
