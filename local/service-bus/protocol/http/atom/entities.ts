import type { Broker, Outcome, QueueInfo, TopicInfo } from '../../../engine/api.ts';
import { newQueue, newTopic } from '../../../engine/index.ts';
import type { HttpReply } from '../exchange.ts';
import type { XmlElement } from '../xml.ts';
import { type AtomContext, SEE_MORE } from './context.ts';
import { type Field, type ReadOnlyElement, readFields, writeElements } from './description.ts';
import type { Entry } from './envelope.ts';
import { queueElements } from './queue-description.ts';
import { type TopicView, topicElements } from './topic-description.ts';

/** Queues and topics share one space of names: what a GET or DELETE means is known only when the entity is found. */
export function getEntity(context: AtomContext, name: string): HttpReply {
  const queue = context.broker.getQueue(name);
  if (queue.ok) return context.entry(200, queueEntry(context, queue));
  const topic = context.broker.getTopic(name);
  return topic.ok ? context.entry(200, topicEntry(context, topic)) : context.emptyFeed();
}

export function deleteEntity(context: AtomContext, name: string): HttpReply {
  const isQueue = context.broker.getQueue(name).ok;
  const outcome = isQueue ? context.broker.deleteQueue(name) : context.broker.deleteTopic(name);
  return outcome.ok ? { status: 200 } : context.refusal(outcome);
}

export function putEntity(context: AtomContext, name: string): HttpReply {
  return context.describes('TopicDescription') ? putTopic(context, name) : putQueue(context, name);
}

function putQueue(context: AtomContext, name: string): HttpReply {
  const description = context.readDescription('QueueDescription');
  if ('status' in description) return description;
  if (hasNewerElements(queueElements, description, context)) return context.badDescription('QueueDescription');
  const existing = context.broker.getQueue(name);
  if (context.isUpdate && !existing.ok) return context.nothingToUpdate();
  const current = context.isUpdate && existing.ok ? existing.definition : undefined;
  const initial = current ? withFixed(queueElements, current, newQueue(current.name)) : newQueue(name);
  const read = readFields(queueElements, description, {
    ...initial,
    authorizationRules: current?.authorizationRules ?? [],
  });
  if (!read.ok) return context.badRequest(read.problem);
  if (current) {
    const changed = changedFixedElement(queueElements, current, read.definition);
    if (changed) return cannotChange(context, changed, 'Queue');
    return answer(context, context.broker.updateQueue(read.definition), 200, queueEntry);
  }
  if (!existing.ok && context.broker.getTopic(name).ok) return context.refuse(409, alreadyExists(context, name));
  return answer(context, context.broker.createQueue(withPartitionedSize(read.definition)), 201, queueEntry);
}

function putTopic(context: AtomContext, name: string): HttpReply {
  const description = context.readDescription('TopicDescription');
  if ('status' in description) return description;
  if (hasNewerElements(topicElements, description, context)) return context.badDescription('TopicDescription');
  const existing = context.broker.getTopic(name);
  if (context.isUpdate && !existing.ok) return context.nothingToUpdate();
  const current = context.isUpdate && existing.ok ? existing.definition : undefined;
  const initial = current ? withFixed(topicElements, current, newTopic(current.name)) : newTopic(name);
  const read = readFields(topicElements, description, {
    ...initial,
    authorizationRules: current?.authorizationRules ?? [],
  });
  if (!read.ok) return context.badRequest(read.problem);
  if (current) {
    const changed = changedFixedElement(topicElements, current, read.definition);
    if (changed) return cannotChange(context, changed, 'Topic');
    return answer(context, context.broker.updateTopic(read.definition), 200, topicEntry);
  }
  if (!existing.ok && context.broker.getQueue(name).ok) return context.refuse(409, alreadyExists(context, name));
  return answer(context, context.broker.createTopic(withPartitionedSize(read.definition)), 201, topicEntry);
}

export function listQueues(context: AtomContext): HttpReply {
  return context.page('$Resources/Queues', 'Queues', context.broker.listQueues(), (queue) =>
    queueEntry(context, queue),
  );
}

export function listTopics(context: AtomContext): HttpReply {
  return context.page('$Resources/Topics', 'Topics', context.broker.listTopics(), (topic) =>
    topicEntry(context, topic),
  );
}

export function answer<T>(
  context: AtomContext,
  outcome: Outcome<T>,
  status: number,
  toEntry: (context: AtomContext, value: T) => Entry,
): HttpReply {
  return outcome.ok ? context.entry(status, toEntry(context, outcome)) : context.refusal(outcome);
}

/** The defaults, with what cannot change taken from the entity: an update need not repeat it. */
export function withFixed<Definition extends object>(
  rows: readonly (Field<Definition> | ReadOnlyElement<never>)[],
  current: Definition,
  defaults: Definition,
): Definition {
  const target: Partial<Definition> = { ...defaults };
  for (const row of rows) if ('copy' in row && row.isFixed) row.copy(current, target);
  return target as Definition;
}

/** True when the description has elements that the request's api-version does not know. */
function hasNewerElements<Definition>(
  rows: readonly (Field<Definition> | ReadOnlyElement<never>)[],
  description: XmlElement,
  { write }: AtomContext,
): boolean {
  return rows.some(
    (row) =>
      'since' in row && row.since !== undefined && row.since > write.apiVersion && description.child(row.element),
  );
}

/** The first element that an update may not change and does. */
export function changedFixedElement<Definition>(
  rows: readonly (Field<Definition> | ReadOnlyElement<never>)[],
  current: Definition,
  updated: Definition,
): string | undefined {
  return rows.find((row) => 'isSame' in row && row.isFixed && !row.isSame(current, updated))?.element;
}

/** Texts: azservicebus, TestAdminClient_UpdateTopic and TestAdminClient_UpdateSubscription; the whole recorded by azure-servicebus' tests. */
export function cannotChange(
  context: AtomContext,
  element: string,
  kind: 'Queue' | 'Topic' | 'Subscription',
): HttpReply {
  return element === 'EnablePartitioning'
    ? context.refuse(400, `SubCode=40000. Partitioning cannot be changed for ${kind}.`)
    : context.refuse(
        400,
        `SubCode=40000. The value for the ${element} property of an existing ${kind} cannot be changed. ${SEE_MORE} .`,
      );
}

export function alreadyExists(context: AtomContext, path: string): string {
  return `SubCode=40900. Conflict. The messaging entity 'sb://${context.request.host}/${path}' already exists.`;
}

function queueEntry(context: AtomContext, queue: QueueInfo): Entry {
  return {
    id: context.uri(queue.definition.name),
    title: queue.definition.name,
    publishedAt: queue.createdAt,
    updatedAt: queue.updatedAt,
    descriptionName: 'QueueDescription',
    description: writeElements(queueElements, queue, context.write),
  };
}

function topicEntry(context: AtomContext, topic: TopicInfo): Entry {
  return {
    id: context.uri(topic.definition.name),
    title: topic.definition.name,
    publishedAt: topic.createdAt,
    updatedAt: topic.updatedAt,
    descriptionName: 'TopicDescription',
    description: writeElements(topicElements, withFilterCounts(context.broker, topic), context.write),
  };
}

function withFilterCounts(broker: Broker, topic: TopicInfo): TopicView {
  const listed = broker.listSubscriptions(topic.definition.name);
  let sqlFilterCount = 0;
  let correlationFilterCount = 0;
  for (const { definition } of listed.ok ? listed.subscriptions : []) {
    const rules = broker.listRules(`${topic.definition.name}/Subscriptions/${definition.name}`);
    for (const { rule } of rules.ok ? rules.rules : []) {
      if (rule.filter.filterType === 'CorrelationFilter') correlationFilterCount += 1;
      else sqlFilterCount += 1;
    }
  }
  return { ...topic, sqlFilterCount, correlationFilterCount };
}

const PARTITIONS = 16;
const LARGEST_UNPARTITIONED_MEGABYTES = 5120;

/**
 * A partitioned entity reports sixteen times the size it was created with: 1024 becomes 16384. Source: the live tests of
 * `@azure/service-bus` (atomManagement, "all properties").
 */
function withPartitionedSize<D extends { readonly enablePartitioning: boolean; readonly maxSizeInMegabytes: number }>(
  definition: D,
): D {
  if (!definition.enablePartitioning || definition.maxSizeInMegabytes > LARGEST_UNPARTITIONED_MEGABYTES)
    return definition;
  return { ...definition, maxSizeInMegabytes: definition.maxSizeInMegabytes * PARTITIONS };
}
