import type { JsonPath } from '../json-document.ts';
import { didYouMean, type Problem } from './problems.ts';
import { SYSTEM_EVENT_TYPES } from './schema/event-grid.ts';

/** An entity as it stands in the file, sound or not: a typing error in one queue must not hide a reference to another. */
interface Entry {
  readonly path: JsonPath;
  readonly name: string | undefined;
  readonly value: Readonly<Record<string, unknown>>;
}

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function listAt(parent: Entry, key: string): Entry[] {
  const list = parent.value[key];
  if (!Array.isArray(list)) return [];
  return list.flatMap((value: unknown, index) =>
    isNode(value) ? [{ path: [...parent.path, key, index], name: textOf(value.name), value }] : [],
  );
}

function sectionAt(root: unknown, key: string): Entry {
  const value = isNode(root) ? root[key] : undefined;
  return { path: [key], name: undefined, value: isNode(value) ? value : {} };
}

/** What no single object shows: names that stand twice, references to what is not there, rules between properties. */
export function findReferenceProblems(root: unknown): Problem[] {
  const problems: Problem[] = [];
  const report = (path: JsonPath, problem: string, remedy: string) => void problems.push({ path, problem, remedy });

  const storage = sectionAt(root, 'storage');
  const containers = listAt(storage, 'containers');
  const storageQueues = listAt(storage, 'queues');
  const serviceBus = sectionAt(root, 'serviceBus');
  const queues = listAt(serviceBus, 'queues');
  const topics = listAt(serviceBus, 'topics');
  const eventHubs = sectionAt(root, 'eventHubs');
  const hubs = listAt(eventHubs, 'hubs');
  const eventGrid = sectionAt(root, 'eventGrid');
  const eventTopics = listAt(eventGrid, 'topics');
  const systemTopics = listAt(eventGrid, 'systemTopics');

  function checkUnique(entries: readonly Entry[], what: string): void {
    const seen = new Map<string, Entry>();
    for (const entry of entries) {
      if (entry.name === undefined) continue;
      const key = entry.name.toLowerCase();
      if (seen.has(key))
        report([...entry.path, 'name'], `${what} "${entry.name}" stands twice`, 'rename or remove one');
      else seen.set(key, entry);
    }
  }

  function checkReference(entry: Entry, key: string, targets: readonly Entry[], what: string): Entry | undefined {
    const wanted = textOf(entry.value[key]);
    if (wanted === undefined || wanted === '') return undefined;
    const found = targets.find((target) => target.name?.toLowerCase() === wanted.toLowerCase());
    if (!found) {
      const names = targets.flatMap((target) => target.name ?? []);
      const guess = didYouMean(wanted, names);
      report(
        [...entry.path, key],
        `there is no ${what} "${wanted}"`,
        guess ?? `declare it, or name one that is declared`,
      );
    }
    return found;
  }

  /**
   * A container into which only Event Grid or Event Hubs write need not be listed: it comes to be with the others. A name that
   * is almost that of a listed one is taken for a slip.
   */
  function checkContainer(path: Entry['path'], holder: Entry['value']): void {
    const wanted = textOf(holder.container);
    const names = containers.flatMap((container) => container.name ?? []);
    if (wanted === undefined || names.includes(wanted)) return;
    const guess = didYouMean(wanted, names);
    if (guess) report([...path, 'container'], `there is no container "${wanted}"`, guess);
  }

  function checkForwarding(entry: Entry, ownName: string | undefined): void {
    const targets = [...queues, ...topics];
    for (const key of ['forwardTo', 'forwardDeadLetteredMessagesTo']) {
      checkReference(entry, key, targets, 'queue or topic');
      const wanted = textOf(entry.value[key]);
      if (wanted && ownName && wanted.toLowerCase() === ownName.toLowerCase())
        report([...entry.path, key], 'forwards to itself', 'name another queue or topic');
    }
    if (textOf(entry.value.forwardTo) && entry.value.requiresSession === true)
      report(
        [...entry.path, 'forwardTo'],
        'an entity with sessions cannot forward',
        'remove forwardTo or requiresSession',
      );
  }

  function checkTier(entry: Entry, features: Readonly<Record<string, string>>, tier: string, remedy: string): void {
    for (const [key, feature] of Object.entries(features)) {
      const value = entry.value[key];
      if (value === undefined || value === false || value === '') continue;
      report([...entry.path, key], `the ${tier} tier has no ${feature}`, remedy);
    }
  }

  function checkServiceBus(): void {
    checkUnique([...queues, ...topics], 'the Service Bus queue or topic');
    const tier = textOf(serviceBus.value.tier);
    const basic = {
      requiresSession: 'sessions',
      requiresDuplicateDetection: 'duplicate detection',
      forwardTo: 'forwarding',
      forwardDeadLetteredMessagesTo: 'forwarding',
    };
    if (tier === 'Basic' && topics.length > 0)
      report([...serviceBus.path, 'topics'], 'the Basic tier has no topics', 'use tier Standard or Premium');
    for (const entity of [...queues, ...topics]) {
      checkUnique(listAt(entity, 'authorizationRules'), 'the authorization rule');
      if (tier === 'Basic') checkTier(entity, basic, tier, 'use tier Standard or Premium');
      if (tier === 'Basic' || tier === 'Standard')
        checkTier(
          entity,
          { maxMessageSizeInKilobytes: 'maxMessageSizeInKilobytes' },
          tier,
          'use tier Premium, or remove it',
        );
    }
    for (const queue of queues) checkForwarding(queue, queue.name);
    for (const topic of topics) {
      const subscriptions = listAt(topic, 'subscriptions');
      checkUnique(subscriptions, 'the subscription');
      for (const subscription of subscriptions) {
        checkUnique(listAt(subscription, 'rules'), 'the rule');
        checkForwarding(subscription, topic.name);
      }
    }
    checkUnique(listAt(serviceBus, 'authorizationRules'), 'the authorization rule');
  }

  function checkEventHubs(): void {
    checkUnique(hubs, 'the event hub');
    const tier = textOf(eventHubs.value.tier) ?? 'Standard';
    const limits: Readonly<Record<string, { partitions: number; groups: number; hours: number }>> = {
      Basic: { partitions: 32, groups: 1, hours: 24 },
      Standard: { partitions: 32, groups: 20, hours: 7 * 24 },
      Premium: { partitions: 100, groups: 100, hours: 90 * 24 },
      Dedicated: { partitions: 1024, groups: 1000, hours: 90 * 24 },
    };
    const limit = limits[tier];
    for (const hub of hubs) {
      const groups = listAt(hub, 'consumerGroups');
      checkUnique(groups, 'the consumer group');
      const capture = hub.value.captureDescription;
      if (isNode(capture)) {
        const path = [...hub.path, 'captureDescription'];
        checkContainer(path, capture);
        if (tier === 'Basic' && capture.enabled === true)
          report(path, 'the Basic tier has no capture', 'use tier Standard or higher');
      }
      if (!limit) continue;
      const partitions = hub.value.partitionCount;
      if (typeof partitions === 'number' && partitions > limit.partitions && partitions <= 1024)
        report(
          [...hub.path, 'partitionCount'],
          `${partitions} partitions are more than the ${tier} tier has`,
          `use at most ${limit.partitions}, or a higher eventHubs.tier`,
        );
      if (groups.filter((group) => group.name?.toLowerCase() !== '$default').length + 1 > limit.groups)
        report(
          [...hub.path, 'consumerGroups'],
          `with $Default they are more than the ${tier} tier has`,
          `at most ${limit.groups}, or a higher eventHubs.tier`,
        );
      checkRetention(hub, tier, limit.hours);
    }
  }

  function checkRetention(hub: Entry, tier: string, maxHours: number): void {
    const description = hub.value.retentionDescription;
    const hours = isNode(description) ? description.retentionTimeInHours : undefined;
    const days = hub.value.messageRetentionInDays;
    if (typeof days === 'number' && days * 24 > maxHours)
      report(
        [...hub.path, 'messageRetentionInDays'],
        `${days} days are more than the ${tier} tier has`,
        `use at most ${maxHours / 24}, or a higher eventHubs.tier`,
      );
    if (typeof hours === 'number' && hours > maxHours)
      report(
        [...hub.path, 'retentionDescription', 'retentionTimeInHours'],
        `${hours} hours are more than the ${tier} tier has`,
        `use at most ${maxHours}, or a higher eventHubs.tier`,
      );
    if (tier === 'Basic' && isNode(description) && description.cleanupPolicy === 'Compact')
      report(
        [...hub.path, 'retentionDescription', 'cleanupPolicy'],
        'the Basic tier has no compaction',
        'use tier Standard or higher',
      );
  }

  function checkDestination(subscription: Entry): void {
    const value = subscription.value.destination;
    if (!isNode(value)) return;
    const destination = { path: [...subscription.path, 'destination'], name: undefined, value };
    switch (value.endpointType) {
      case 'ServiceBusQueue': {
        const queue = checkReference(destination, 'name', queues, 'Service Bus queue');
        if (queue?.value.requiresSession === true)
          report(
            [...destination.path, 'name'],
            `the queue "${queue.name}" has sessions; Event Grid does not deliver to such a queue (SessionQueueNotSupported)`,
            'deliver to a queue without sessions and send on from there',
          );
        return;
      }
      case 'ServiceBusTopic':
        checkReference(destination, 'name', topics, 'Service Bus topic');
        return;
      case 'StorageQueue':
        checkReference(destination, 'name', storageQueues, 'Storage queue');
        return;
      case 'EventHub':
        checkReference(destination, 'name', hubs, 'event hub');
        return;
    }
  }

  function checkEventSubscriptions(topic: Entry, inputSchema: string, knownTypes: readonly string[] | undefined): void {
    const subscriptions = listAt(topic, 'eventSubscriptions');
    checkUnique(subscriptions, 'the event subscription');
    for (const subscription of subscriptions) {
      checkDestination(subscription);
      const deadLetter = subscription.value.deadLetterDestination;
      if (isNode(deadLetter)) checkContainer([...subscription.path, 'deadLetterDestination'], deadLetter);
      if (inputSchema === 'CloudEventSchemaV1_0' && subscription.value.eventDeliverySchema === 'EventGridSchema')
        report(
          [...subscription.path, 'eventDeliverySchema'],
          'a topic whose input is CloudEvents delivers CloudEvents only',
          'write "CloudEventSchemaV1_0", or remove it',
        );
      if (knownTypes) checkEventTypes(subscription, knownTypes);
    }
  }

  function checkEventTypes(subscription: Entry, knownTypes: readonly string[]): void {
    const filter = subscription.value.filter;
    const types: unknown = isNode(filter) ? filter.includedEventTypes : undefined;
    if (!Array.isArray(types)) return;
    types.forEach((type: unknown, index) => {
      if (typeof type !== 'string' || knownTypes.some((known) => known.toLowerCase() === type.toLowerCase())) return;
      report(
        [...subscription.path, 'filter', 'includedEventTypes', index],
        `this system topic has no events of type "${type}"`,
        didYouMean(type, knownTypes) ?? `it has ${knownTypes.join(', ')}`,
      );
    });
  }

  function checkEventGrid(): void {
    checkUnique([...eventTopics, ...systemTopics], 'the Event Grid topic');
    for (const topic of eventTopics)
      checkEventSubscriptions(topic, textOf(topic.value.inputSchema) ?? 'EventGridSchema', undefined);
    for (const topic of systemTopics) {
      const topicType = textOf(topic.value.topicType);
      const known = (SYSTEM_EVENT_TYPES as Readonly<Record<string, readonly string[]>>)[topicType ?? ''];
      checkEventSubscriptions(topic, 'EventGridSchema', known);
      const tier = textOf(serviceBus.value.tier);
      if (topicType === 'Microsoft.ServiceBus.Namespaces' && tier !== undefined && tier !== 'Premium')
        report(
          [...topic.path, 'topicType'],
          `a ${tier} Service Bus namespace raises no events`,
          'use serviceBus.tier Premium, or remove this topic',
        );
    }
  }

  checkUnique(containers, 'the container');
  checkUnique(storageQueues, 'the Storage queue');
  checkUnique(listAt(storage, 'tables'), 'the table');
  checkServiceBus();
  checkEventHubs();
  checkEventGrid();
  return problems;
}
