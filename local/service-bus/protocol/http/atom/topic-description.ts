import type { TopicDefinition, TopicInfo } from '../../../engine/api.ts';
import { type Field, field, type ReadOnlyElement } from './description.ts';
import { countDetails, isSince, maxMessageSize, timeElements } from './queue-description.ts';
import { authorizationRules, boolean, duration, integer, status, text } from './value-formats.ts';

/** A topic with what only the management interface counts. */
export interface TopicView extends TopicInfo {
  readonly sqlFilterCount: number;
  readonly correlationFilterCount: number;
}

const fixed = { fixed: true } as const;

export const topicElements: readonly (Field<TopicDefinition> | ReadOnlyElement<TopicView>)[] = [
  field('DefaultMessageTimeToLive', 'defaultMessageTimeToLiveMs', duration),
  field('MaxSizeInMegabytes', 'maxSizeInMegabytes', integer),
  field('RequiresDuplicateDetection', 'requiresDuplicateDetection', boolean, fixed),
  field('DuplicateDetectionHistoryTimeWindow', 'duplicateDetectionHistoryTimeWindowMs', duration),
  field('EnableBatchedOperations', 'enableBatchedOperations', boolean),
  { element: 'SizeInBytes', writeInfo: (info) => String(info.counts.sizeInBytes) },
  { element: 'FilteringMessagesBeforePublishing', writeInfo: () => 'false' },
  { element: 'IsAnonymousAccessible', writeInfo: () => 'false' },
  field('AuthorizationRules', 'authorizationRules', authorizationRules),
  field('Status', 'status', status),
  field('UserMetadata', 'userMetadata', text),
  ...timeElements('never'),
  field('SupportOrdering', 'supportOrdering', boolean),
  { element: 'CountDetails', writeInfo: (info) => countDetails(info.counts) },
  { element: 'SubscriptionCount', writeInfo: (info) => String(info.subscriptionCount) },
  field('AutoDeleteOnIdle', 'autoDeleteOnIdleMs', duration),
  field('EnablePartitioning', 'enablePartitioning', boolean, fixed),
  { element: 'EntityAvailabilityStatus', writeInfo: () => 'Available' },
  { element: 'EnableSubscriptionPartitioning', writeInfo: () => 'false' },
  field('EnableExpress', 'enableExpress', boolean),
  maxMessageSize(),
  {
    element: 'SqlFilterCount',
    writeInfo: (info, context) => (isSince(context, '2024-05') ? String(info.sqlFilterCount) : undefined),
  },
  {
    element: 'CorrelationFilterCount',
    writeInfo: (info, context) => (isSince(context, '2024-05') ? String(info.correlationFilterCount) : undefined),
  },
];
