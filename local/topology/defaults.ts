import { parseDuration } from './duration.ts';
import { ARCHIVE_NAME_TOKENS } from './schema/event-hubs.ts';
import type { TopologyFile } from './schema/index.ts';
import type {
  AuthorizationRule,
  CaptureDescription,
  DeliveryAttribute,
  EventDestination,
  EventSchema,
  EventSubscriptionDefinition,
  HubDefinition,
  QueueDefinition,
  RuleDefinition,
  RuleFilter,
  SubscriptionDefinition,
  TopicDefinition,
  Topology,
} from './types.ts';

type ServiceBusFile = NonNullable<TopologyFile['serviceBus']>;
type QueueFile = NonNullable<ServiceBusFile['queues']>[number];
type TopicFile = NonNullable<ServiceBusFile['topics']>[number];
type SubscriptionFile = NonNullable<TopicFile['subscriptions']>[number];
type RuleFile = NonNullable<SubscriptionFile['rules']>[number];
type HubFile = NonNullable<NonNullable<TopologyFile['eventHubs']>['hubs']>[number];
type EventGridFile = NonNullable<TopologyFile['eventGrid']>;
type EventSubscriptionFile = NonNullable<NonNullable<EventGridFile['topics']>[number]['eventSubscriptions']>[number];

const NEVER_MS = Number.POSITIVE_INFINITY;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const ms = (duration: string | undefined, otherwiseMs: number): number =>
  duration === undefined ? otherwiseMs : parseDuration(duration)!;
const optional = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** Where Event Grid writes dead letters and Event Hubs captures: listed under `storage` or not, these containers are there. */
function containersOfServices({ eventHubs, eventGrid }: TopologyFile): string[] {
  const captures = (eventHubs?.hubs ?? []).flatMap((hub) => hub.captureDescription?.container ?? []);
  const subscriptions = [...(eventGrid?.topics ?? []), ...(eventGrid?.systemTopics ?? [])].flatMap(
    (topic) => topic.eventSubscriptions ?? [],
  );
  return [...captures, ...subscriptions.flatMap((each) => each.deadLetterDestination?.container ?? [])];
}

/** Fills in ARM's defaults; `file` has passed the schema. */
export function toTopology(file: TopologyFile): Topology {
  const { storage, serviceBus, eventHubs, eventGrid } = file;
  const names = (list: readonly { name: string }[] | undefined) => (list ?? []).map((entry) => entry.name);
  return {
    storage: {
      containers: [...new Set([...names(storage?.containers), ...containersOfServices(file)])],
      queues: names(storage?.queues),
      tables: names(storage?.tables),
    },
    serviceBus: {
      tier: serviceBus?.tier ?? 'Premium',
      queues: (serviceBus?.queues ?? []).map(toQueue),
      topics: (serviceBus?.topics ?? []).map(toTopic),
      authorizationRules: toAuthorizationRules(serviceBus?.authorizationRules),
    },
    eventHubs: {
      tier: eventHubs?.tier ?? 'Standard',
      hubs: (eventHubs?.hubs ?? []).map(toHub),
      authorizationRules: toAuthorizationRules(eventHubs?.authorizationRules),
    },
    eventGrid: {
      topics: (eventGrid?.topics ?? []).map((topic) => {
        const inputSchema = topic.inputSchema ?? 'EventGridSchema';
        return {
          name: topic.name,
          inputSchema,
          eventSubscriptions: (topic.eventSubscriptions ?? []).map((each) => toEventSubscription(each, inputSchema)),
        };
      }),
      systemTopics: (eventGrid?.systemTopics ?? []).map((topic) => ({
        name: topic.name,
        topicType: topic.topicType,
        eventSubscriptions: (topic.eventSubscriptions ?? []).map((each) =>
          toEventSubscription(each, 'EventGridSchema'),
        ),
      })),
    },
  };
}

function toAuthorizationRules(rules: readonly AuthorizationRule[] | undefined): AuthorizationRule[] {
  return [...(rules ?? [])];
}

function toQueue(queue: QueueFile): QueueDefinition {
  return {
    name: queue.name,
    lockDurationMs: ms(queue.lockDuration, MINUTE_MS),
    maxDeliveryCount: queue.maxDeliveryCount ?? 10,
    requiresSession: queue.requiresSession ?? false,
    requiresDuplicateDetection: queue.requiresDuplicateDetection ?? false,
    duplicateDetectionHistoryTimeWindowMs: ms(queue.duplicateDetectionHistoryTimeWindow, 10 * MINUTE_MS),
    defaultMessageTimeToLiveMs: ms(queue.defaultMessageTimeToLive, NEVER_MS),
    deadLetteringOnMessageExpiration: queue.deadLetteringOnMessageExpiration ?? false,
    autoDeleteOnIdleMs: ms(queue.autoDeleteOnIdle, NEVER_MS),
    maxSizeInMegabytes: queue.maxSizeInMegabytes ?? 1024,
    maxMessageSizeInKilobytes: queue.maxMessageSizeInKilobytes,
    forwardTo: optional(queue.forwardTo),
    forwardDeadLetteredMessagesTo: optional(queue.forwardDeadLetteredMessagesTo),
    enableBatchedOperations: queue.enableBatchedOperations ?? true,
    enablePartitioning: queue.enablePartitioning ?? false,
    enableExpress: queue.enableExpress ?? false,
    status: queue.status ?? 'Active',
    userMetadata: queue.userMetadata,
    authorizationRules: toAuthorizationRules(queue.authorizationRules),
  };
}

function toTopic(topic: TopicFile): TopicDefinition {
  return {
    name: topic.name,
    requiresDuplicateDetection: topic.requiresDuplicateDetection ?? false,
    duplicateDetectionHistoryTimeWindowMs: ms(topic.duplicateDetectionHistoryTimeWindow, 10 * MINUTE_MS),
    defaultMessageTimeToLiveMs: ms(topic.defaultMessageTimeToLive, NEVER_MS),
    autoDeleteOnIdleMs: ms(topic.autoDeleteOnIdle, NEVER_MS),
    maxSizeInMegabytes: topic.maxSizeInMegabytes ?? 1024,
    maxMessageSizeInKilobytes: topic.maxMessageSizeInKilobytes,
    supportOrdering: topic.supportOrdering ?? true,
    enableBatchedOperations: topic.enableBatchedOperations ?? true,
    enablePartitioning: topic.enablePartitioning ?? false,
    enableExpress: topic.enableExpress ?? false,
    status: topic.status ?? 'Active',
    userMetadata: topic.userMetadata,
    authorizationRules: toAuthorizationRules(topic.authorizationRules),
    subscriptions: (topic.subscriptions ?? []).map(toSubscription),
  };
}

function toSubscription(subscription: SubscriptionFile): SubscriptionDefinition {
  const rules = (subscription.rules ?? []).map(toRule);
  return {
    name: subscription.name,
    lockDurationMs: ms(subscription.lockDuration, MINUTE_MS),
    maxDeliveryCount: subscription.maxDeliveryCount ?? 10,
    requiresSession: subscription.requiresSession ?? false,
    defaultMessageTimeToLiveMs: ms(subscription.defaultMessageTimeToLive, NEVER_MS),
    deadLetteringOnMessageExpiration: subscription.deadLetteringOnMessageExpiration ?? false,
    deadLetteringOnFilterEvaluationExceptions: subscription.deadLetteringOnFilterEvaluationExceptions ?? true,
    autoDeleteOnIdleMs: ms(subscription.autoDeleteOnIdle, NEVER_MS),
    forwardTo: optional(subscription.forwardTo),
    forwardDeadLetteredMessagesTo: optional(subscription.forwardDeadLetteredMessagesTo),
    enableBatchedOperations: subscription.enableBatchedOperations ?? true,
    status: subscription.status ?? 'Active',
    userMetadata: subscription.userMetadata,
    rules: rules.length > 0 ? rules : [{ name: '$Default', filter: { filterType: 'TrueFilter' }, action: undefined }],
  };
}

function toRule(rule: RuleFile): RuleDefinition {
  return {
    name: rule.name,
    filter: toFilter(rule),
    action: rule.action && { sqlExpression: rule.action.sqlExpression },
  };
}

function toFilter(rule: RuleFile): RuleFilter {
  if (rule.filterType === 'SqlFilter') {
    const { sqlExpression, parameters } = rule.sqlFilter!;
    return { filterType: 'SqlFilter', sqlExpression, ...(parameters && { parameters }) };
  }
  if (rule.filterType === 'CorrelationFilter') {
    const { requiresPreprocessing: _, ...fields } = rule.correlationFilter!;
    return { filterType: 'CorrelationFilter', ...fields };
  }
  return { filterType: rule.filterType };
}

function toHub(hub: HubFile): HubDefinition {
  const retentionHours = hub.retentionDescription?.retentionTimeInHours ?? (hub.messageRetentionInDays ?? 1) * 24;
  const groups = (hub.consumerGroups ?? []).map((group) => group.name);
  const named = groups.filter((group) => group.toLowerCase() !== '$default');
  return {
    name: hub.name,
    partitionCount: hub.partitionCount ?? 4,
    retentionMs: retentionHours * HOUR_MS,
    cleanupPolicy: hub.retentionDescription?.cleanupPolicy ?? 'Delete',
    consumerGroups: ['$Default', ...named],
    captureDescription: hub.captureDescription?.enabled ? toCapture(hub.captureDescription) : undefined,
  };
}

function toCapture(capture: NonNullable<HubFile['captureDescription']>): CaptureDescription {
  return {
    encoding: capture.encoding ?? 'Avro',
    intervalMs: (capture.intervalInSeconds ?? 300) * 1000,
    sizeLimitInBytes: capture.sizeLimitInBytes ?? 314_572_800,
    skipEmptyArchives: capture.skipEmptyArchives ?? false,
    container: capture.container,
    archiveNameFormat: capture.archiveNameFormat ?? ARCHIVE_NAME_TOKENS.join('/'),
  };
}

function toEventSubscription(file: EventSubscriptionFile, inputSchema: EventSchema): EventSubscriptionDefinition {
  return {
    name: file.name,
    destination: toDestination(file.destination),
    filter: {
      includedEventTypes: file.filter?.includedEventTypes,
      subjectBeginsWith: file.filter?.subjectBeginsWith ?? '',
      subjectEndsWith: file.filter?.subjectEndsWith ?? '',
      isSubjectCaseSensitive: file.filter?.isSubjectCaseSensitive ?? false,
      enableAdvancedFilteringOnArrays: file.filter?.enableAdvancedFilteringOnArrays ?? false,
      advancedFilters: file.filter?.advancedFilters ?? [],
    },
    eventDeliverySchema: file.eventDeliverySchema ?? inputSchema,
    retryPolicy: {
      maxDeliveryAttempts: file.retryPolicy?.maxDeliveryAttempts ?? 30,
      eventTimeToLiveInMinutes: file.retryPolicy?.eventTimeToLiveInMinutes ?? 1440,
    },
    deadLetterDestination: file.deadLetterDestination,
  };
}

function toDestination(file: EventSubscriptionFile['destination']): EventDestination {
  const { deliveryAttributeMappings, ...rest } = file;
  const mappings = deliveryAttributeMappings?.map(
    (mapping): DeliveryAttribute =>
      mapping.type === 'Static'
        ? { name: mapping.name, type: 'Static', ...mapping.properties }
        : { name: mapping.name, type: 'Dynamic', sourceField: mapping.properties.sourceField },
  );
  const attributes = mappings && { deliveryAttributeMappings: mappings };
  if (rest.endpointType !== 'AzureFunction' && rest.endpointType !== 'WebHook') return { ...rest, ...attributes };
  return {
    ...rest,
    maxEventsPerBatch: rest.maxEventsPerBatch ?? 1,
    preferredBatchSizeInKilobytes: rest.preferredBatchSizeInKilobytes ?? 64,
    ...attributes,
  };
}
