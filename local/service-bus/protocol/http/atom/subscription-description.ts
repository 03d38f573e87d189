import type { SubscriptionDefinition, SubscriptionInfo } from '../../../engine/api.ts';
import { type Field, field, type ReadOnlyElement } from './description.ts';
import { countDetails, timeElements } from './queue-description.ts';
import { boolean, duration, entityUri, integer, status, text } from './value-formats.ts';

/** What a subscription is when nothing is said (learn.microsoft.com/rest/api/servicebus/subscriptions). */
export function newSubscription(name: string): SubscriptionDefinition {
  return {
    name,
    lockDurationMs: 60_000,
    maxDeliveryCount: 10,
    requiresSession: false,
    defaultMessageTimeToLiveMs: Number.POSITIVE_INFINITY,
    deadLetteringOnMessageExpiration: false,
    deadLetteringOnFilterEvaluationExceptions: true,
    autoDeleteOnIdleMs: Number.POSITIVE_INFINITY,
    forwardTo: undefined,
    forwardDeadLetteredMessagesTo: undefined,
    enableBatchedOperations: true,
    status: 'Active',
    userMetadata: undefined,
  };
}

export const subscriptionElements: readonly (Field<SubscriptionDefinition> | ReadOnlyElement<SubscriptionInfo>)[] = [
  field('LockDuration', 'lockDurationMs', duration),
  field('RequiresSession', 'requiresSession', boolean, { fixed: true }),
  field('DefaultMessageTimeToLive', 'defaultMessageTimeToLiveMs', duration),
  field('DeadLetteringOnMessageExpiration', 'deadLetteringOnMessageExpiration', boolean),
  field('DeadLetteringOnFilterEvaluationExceptions', 'deadLetteringOnFilterEvaluationExceptions', boolean),
  { element: 'MessageCount', writeInfo: (info) => String(info.counts.total) },
  field('MaxDeliveryCount', 'maxDeliveryCount', integer),
  field('EnableBatchedOperations', 'enableBatchedOperations', boolean),
  field('Status', 'status', status),
  field('ForwardTo', 'forwardTo', entityUri),
  ...timeElements(),
  field('UserMetadata', 'userMetadata', text),
  { element: 'CountDetails', writeInfo: (info) => countDetails(info.counts) },
  field('AutoDeleteOnIdle', 'autoDeleteOnIdleMs', duration),
  field('ForwardDeadLetteredMessagesTo', 'forwardDeadLetteredMessagesTo', entityUri),
  { element: 'EntityAvailabilityStatus', writeInfo: () => 'Available' },
];
