import type { EntityCounts, EntityTimes, QueueDefinition, QueueInfo } from '../../../engine/api.ts';
import type { XmlContent } from '../xml.ts';
import { type Field, field, type ReadOnlyElement, type WriteContext } from './description.ts';
import {
  authorizationRules,
  boolean,
  duration,
  entityUri,
  formatInstant,
  integer,
  status,
  text,
} from './value-formats.ts';

const fixed = { fixed: true } as const;

export const queueElements: readonly (Field<QueueDefinition> | ReadOnlyElement<QueueInfo>)[] = [
  field('LockDuration', 'lockDurationMs', duration),
  field('MaxSizeInMegabytes', 'maxSizeInMegabytes', integer),
  field('RequiresDuplicateDetection', 'requiresDuplicateDetection', boolean, fixed),
  field('RequiresSession', 'requiresSession', boolean, fixed),
  field('DefaultMessageTimeToLive', 'defaultMessageTimeToLiveMs', duration),
  field('DeadLetteringOnMessageExpiration', 'deadLetteringOnMessageExpiration', boolean),
  field('DuplicateDetectionHistoryTimeWindow', 'duplicateDetectionHistoryTimeWindowMs', duration),
  field('MaxDeliveryCount', 'maxDeliveryCount', integer),
  field('EnableBatchedOperations', 'enableBatchedOperations', boolean),
  { element: 'SizeInBytes', writeInfo: (info) => String(info.counts.sizeInBytes) },
  { element: 'MessageCount', writeInfo: (info) => String(info.counts.total) },
  { element: 'IsAnonymousAccessible', writeInfo: () => 'false' },
  field('AuthorizationRules', 'authorizationRules', authorizationRules),
  field('Status', 'status', status),
  targetUri('ForwardTo', 'forwardTo'),
  field('UserMetadata', 'userMetadata', text),
  ...timeElements('never'),
  { element: 'SupportOrdering', writeInfo: (info) => String(!info.definition.enablePartitioning) },
  { element: 'CountDetails', writeInfo: (info) => countDetails(info.counts) },
  field('AutoDeleteOnIdle', 'autoDeleteOnIdleMs', duration),
  field('EnablePartitioning', 'enablePartitioning', boolean, fixed),
  { element: 'EntityAvailabilityStatus', writeInfo: () => 'Available' },
  targetUri('ForwardDeadLetteredMessagesTo', 'forwardDeadLetteredMessagesTo'),
  field('EnableExpress', 'enableExpress', boolean),
  maxMessageSize(),
];

type Forwarding = Pick<QueueDefinition, 'forwardTo' | 'forwardDeadLetteredMessagesTo' | 'targetSchemes'>;

/** An entity's name, which comes and goes as a URI, under the scheme that it came with (azservicebus, TestAdminClient_Queue_Forwarding). */
export function targetUri(element: string, property: 'forwardTo' | 'forwardDeadLetteredMessagesTo'): Field<Forwarding> {
  const row = field<Forwarding, typeof property>(element, property, entityUri);
  return {
    ...row,
    read(xml, target) {
      const scheme = /^\s*([a-z][a-z0-9+.-]*):\/\//i.exec(xml.text)?.[1]?.toLowerCase();
      if (scheme !== undefined && scheme !== 'sb')
        Object.assign(target, { targetSchemes: { ...target.targetSchemes, [property]: scheme } });
      return row.read(xml, target);
    },
    write(definition, context) {
      const scheme = definition.targetSchemes?.[property] ?? 'sb';
      return String(row.write(definition, context) ?? '').replace(/^sb(?=:)/, scheme) || undefined;
    },
  };
}

/** .NET's `DateTime.MinValue`, as the service writes it. */
const NEVER = '0001-01-01T00:00:00Z';

/**
 * Elements that queues, topics and subscriptions have alike. A queue or topic that nobody has used was accessed never, a subscription
 * when it was made (azservicebus, TestAdminClient_CreateQueue_Standard, TestAdminClient_ListSubscriptions).
 */
export function timeElements(unused: 'never' | 'created'): ReadOnlyElement<EntityTimes>[] {
  const isNever = (info: EntityTimes) => unused === 'never' && info.accessedAt === info.createdAt;
  return [
    { element: 'CreatedAt', writeInfo: (info) => formatInstant(info.createdAt) },
    { element: 'UpdatedAt', writeInfo: (info) => formatInstant(info.updatedAt) },
    { element: 'AccessedAt', writeInfo: (info) => (isNever(info) ? NEVER : formatInstant(info.accessedAt)) },
  ];
}

/** The children are in another namespace, under a prefix that some clients look up in the one `xmlns:` attribute. */
export function countDetails(counts: EntityCounts): XmlContent {
  return {
    '@_xmlns:d2p1': 'http://schemas.microsoft.com/netservices/2011/06/servicebus',
    'd2p1:ActiveMessageCount': String(counts.active),
    'd2p1:DeadLetterMessageCount': String(counts.deadLetter),
    'd2p1:ScheduledMessageCount': String(counts.scheduled),
    'd2p1:TransferMessageCount': String(counts.transfer),
    'd2p1:TransferDeadLetterMessageCount': String(counts.transferDeadLetter),
  };
}

/**
 * Known since api-version 2021-05, and from then on always answered: the Java client reads a missing one as 0, and sends that back
 * when it updates, so that 0 means the tier's own.
 */
export function maxMessageSize<D extends { readonly maxMessageSizeInKilobytes: number | undefined }>(): Field<D> {
  const row = field<D, 'maxMessageSizeInKilobytes'>('MaxMessageSizeInKilobytes', 'maxMessageSizeInKilobytes', {
    expects: integer.expects,
    read: (element) => integer.read(element) || undefined,
    write: (value) => value?.toString(),
  });
  return {
    ...row,
    since: '2021-05',
    read: (element, target) => (integer.read(element) === 0 ? undefined : row.read(element, target)),
    write: (definition, context) =>
      isSince(context, '2021-05')
        ? String(definition.maxMessageSizeInKilobytes ?? context.defaultMessageKilobytes)
        : undefined,
  };
}

export function isSince(context: WriteContext, apiVersion: string): boolean {
  return context.apiVersion >= apiVersion;
}
