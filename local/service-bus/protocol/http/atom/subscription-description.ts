import type { SubscriptionDefinition, SubscriptionInfo } from '../../../engine/api.ts';
import { type Field, field, type ReadOnlyElement } from './description.ts';
import { countDetails, targetUri, timeElements } from './queue-description.ts';
import { boolean, duration, integer, status, text } from './value-formats.ts';

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
  targetUri('ForwardTo', 'forwardTo'),
  ...timeElements('created'),
  field('UserMetadata', 'userMetadata', text),
  { element: 'CountDetails', writeInfo: (info) => countDetails(info.counts) },
  field('AutoDeleteOnIdle', 'autoDeleteOnIdleMs', duration),
  targetUri('ForwardDeadLetteredMessagesTo', 'forwardDeadLetteredMessagesTo'),
  { element: 'EntityAvailabilityStatus', writeInfo: () => 'Available' },
];
