// Longer than 400 lines: creating, changing and deleting share their checks, and belong side by side for the three kinds.
import type {
  CompileRule,
  EntityTimes,
  Outcome,
  QueueDefinition,
  RuleDefinition,
  Tier,
  TopicDefinition,
} from './api.ts';
import type { SubscriptionDefinition } from './definitions.ts';
import { deliver } from './delivery.ts';
import { type Destination, Forwarder } from './forwarding.ts';
import { IdleWatch } from './idle-watch.ts';
import { Kernel } from './kernel.ts';
import { checkQueue, checkRuleName, checkSubscription, checkTopic, LIMITS, withTierDefaults } from './limits.ts';
import type { MessageQueue } from './message-queue.ts';
import type { Refusal } from './outcomes.ts';
import { parsePath, type SubQueue, subscriptionPath } from './paths.ts';
import { QueueEntity } from './queue-entity.ts';
import { entityAlreadyExists, entityNotFound, OK, refuse } from './refusals.ts';
import { SubscriptionEntity } from './subscription-entity.ts';
import { TopicEntity } from './topic-entity.ts';

export type Entity = QueueEntity | TopicEntity | SubscriptionEntity;

/** What a path leads to: the queue of messages behind it, or the topic. */
export interface Place {
  readonly entity: Entity;
  readonly subQueue: SubQueue;
  /** Where messages are: a topic's own holds the scheduled ones. */
  readonly queue: MessageQueue;
}

/** The queue or topic that the place belongs to: what a transaction is on. */
export function rootOf({ entity }: Place): string {
  return entity.kind === 'subscription' ? entity.topicName : entity.path;
}

export const DEFAULT_RULE: RuleDefinition = {
  name: '$Default',
  filter: { filterType: 'TrueFilter' },
  action: undefined,
};

export interface NamespaceOptions {
  readonly kernel: Omit<ConstructorParameters<typeof Kernel>[0], 'pump'>;
  readonly tier: Tier;
  readonly compileRule: CompileRule;
}

/** The entities of a namespace: creating, changing, finding and deleting them. */
export class Namespace {
  readonly kernel: Kernel;
  readonly tier: Tier;
  /** Queues and topics share their names. By lower-cased name. */
  readonly entities = new Map<string, Destination>();
  private readonly compileRule: CompileRule;
  private readonly forwarder: Forwarder;
  /** Queues that forward and hold messages: their destination is missing or full, or they are scheduled. */
  private readonly waitingToForward = new Set<MessageQueue>();
  private readonly idleWatches = new Map<Entity, IdleWatch>();

  constructor(options: NamespaceOptions) {
    this.tier = options.tier;
    this.compileRule = options.compileRule;
    this.kernel = new Kernel({ ...options.kernel, pump: (queue) => this.pump(queue) });
    this.forwarder = new Forwarder(this.kernel, (name) => this.destination(name));
  }

  // Finding

  destination(name: string): Destination | undefined {
    return this.entities.get(name.toLowerCase());
  }

  find(path: string): Place | undefined {
    const { root, subscription, subQueue } = parsePath(path);
    const entity = this.destination(root);
    if (!entity) return undefined;
    if (entity.kind === 'queue')
      return subscription === undefined ? { entity, subQueue, queue: entity.group.get(subQueue) } : undefined;
    if (subscription !== undefined) {
      const found = entity.subscriptions.get(subscription.toLowerCase());
      return found && { entity: found, subQueue, queue: found.group.get(subQueue) };
    }
    if (subQueue === 'dead-letter') return undefined;
    return { entity, subQueue, queue: subQueue === 'none' ? entity.shelf : entity.transferDeadLetters };
  }

  topic(name: string): TopicEntity | undefined {
    const entity = this.destination(name);
    return entity?.kind === 'topic' ? entity : undefined;
  }

  queue(name: string): QueueEntity | undefined {
    const entity = this.destination(name);
    return entity?.kind === 'queue' ? entity : undefined;
  }

  subscription(topicName: string, name: string): SubscriptionEntity | undefined {
    return this.topic(topicName)?.subscriptions.get(name.toLowerCase());
  }

  /** Every queue of messages there is. */
  *queues(): Generator<MessageQueue> {
    for (const entity of this.entities.values()) {
      if (entity.kind === 'queue') yield* entity.group.all;
      else {
        yield entity.shelf;
        yield entity.transferDeadLetters;
        for (const subscription of entity.subscriptions.values()) yield* subscription.group.all;
      }
    }
  }

  // Creating and changing

  createQueue(asked: QueueDefinition, times?: EntityTimes): Outcome<{ readonly entity: QueueEntity }> {
    const definition = withTierDefaults(asked, this.tier);
    const problem =
      checkQueue(definition, this.tier) ??
      this.checkNew(definition.name) ??
      this.checkTargets(definition.name, definition);
    if (problem) return problem;
    const entity = this.restoreQueue(definition, times ?? this.newTimes());
    this.announce(entity, 'entity-created');
    this.touchForwarders(entity.path);
    return { ok: true, entity };
  }

  /** Without checks and events: for what was checked before a restart. */
  restoreQueue(definition: QueueDefinition, times: EntityTimes): QueueEntity {
    const entity = new QueueEntity(this.kernel, definition, times);
    this.entities.set(definition.name.toLowerCase(), entity);
    this.watchIdle(entity);
    return entity;
  }

  updateQueue(asked: QueueDefinition): Outcome<{ readonly entity: QueueEntity }> {
    const entity = this.queue(asked.name);
    if (!entity) return entityNotFound(asked.name);
    const definition = { ...withTierDefaults(asked, this.tier), name: entity.path };
    const problem =
      checkQueue(definition, this.tier) ??
      this.checkTargets(entity.path, definition) ??
      checkUnchanged(entity.path, entity.definition, definition, [
        'requiresSession',
        'requiresDuplicateDetection',
        'enablePartitioning',
      ]);
    if (problem) return problem;
    entity.update(definition);
    this.changed(entity);
    return { ok: true, entity };
  }

  createTopic(asked: TopicDefinition, times?: EntityTimes): Outcome<{ readonly entity: TopicEntity }> {
    const definition = topicOnly(withTierDefaults(asked, this.tier));
    const problem = checkTopic(definition, this.tier) ?? this.checkNew(definition.name);
    if (problem) return problem;
    const entity = this.restoreTopic(definition, times ?? this.newTimes());
    this.announce(entity, 'entity-created');
    this.touchForwarders(entity.path);
    return { ok: true, entity };
  }

  restoreTopic(definition: TopicDefinition, times: EntityTimes): TopicEntity {
    const entity = new TopicEntity(this.kernel, definition, times);
    this.entities.set(definition.name.toLowerCase(), entity);
    this.watchIdle(entity);
    return entity;
  }

  updateTopic(asked: TopicDefinition): Outcome<{ readonly entity: TopicEntity }> {
    const entity = this.topic(asked.name);
    if (!entity) return entityNotFound(asked.name);
    const definition = topicOnly({ ...withTierDefaults(asked, this.tier), name: entity.path });
    const problem =
      checkTopic(definition, this.tier) ??
      checkUnchanged(entity.path, entity.definition, definition, ['requiresDuplicateDetection', 'enablePartitioning']);
    if (problem) return problem;
    entity.update(definition);
    this.changed(entity);
    this.touchForwarders(entity.path);
    return { ok: true, entity };
  }

  createSubscription(
    topicName: string,
    asked: SubscriptionDefinition,
    rules: readonly RuleDefinition[] = [DEFAULT_RULE],
    times?: EntityTimes,
  ): Outcome<{ readonly entity: SubscriptionEntity }> {
    const topic = this.topic(topicName);
    if (!topic) return entityNotFound(topicName);
    const definition = subscriptionOnly(withTierDefaults(asked, this.tier));
    const path = subscriptionPath(topic.path, definition.name);
    let problem = checkSubscription(path, definition, this.tier) ?? this.checkTargets(topic.path, definition);
    if (topic.subscriptions.has(definition.name.toLowerCase())) problem ??= entityAlreadyExists(path);
    if (topic.subscriptions.size >= LIMITS.subscriptionsPerTopic)
      problem ??= refuse('limit-exceeded', path, `A topic has at most ${LIMITS.subscriptionsPerTopic} subscriptions.`);
    for (const rule of rules) problem ??= this.checkRule(path, rule);
    if (problem) return problem;
    const entity = this.restoreSubscription(topic, definition, times ?? this.newTimes());
    this.announce(entity, 'entity-created');
    for (const rule of rules) this.addRule(entity, rule);
    return { ok: true, entity };
  }

  restoreSubscription(topic: TopicEntity, definition: SubscriptionDefinition, times: EntityTimes): SubscriptionEntity {
    const entity = new SubscriptionEntity(this.kernel, topic.path, definition, times, topic.account);
    topic.subscriptions.set(definition.name.toLowerCase(), entity);
    this.watchIdle(entity);
    return entity;
  }

  updateSubscription(
    topicName: string,
    asked: SubscriptionDefinition,
  ): Outcome<{ readonly entity: SubscriptionEntity }> {
    const entity = this.subscription(topicName, asked.name);
    if (!entity) return entityNotFound(subscriptionPath(topicName, asked.name));
    const definition = subscriptionOnly({ ...withTierDefaults(asked, this.tier), name: entity.definition.name });
    const problem =
      checkSubscription(entity.path, definition, this.tier) ??
      this.checkTargets(entity.topicName, definition) ??
      checkUnchanged(entity.path, entity.definition, definition, ['requiresSession']);
    if (problem) return problem;
    entity.update(definition);
    this.changed(entity);
    return { ok: true, entity };
  }

  // Rules

  private checkRule(path: string, rule: RuleDefinition): Refusal | undefined {
    const problem = checkRuleName(path, rule);
    if (problem) return problem;
    const compiled = this.compileRule(rule);
    return compiled.ok ? undefined : refuse('invalid-rule', path, compiled.error);
  }

  addRule(entity: SubscriptionEntity, rule: RuleDefinition): Outcome {
    const problem = checkRuleName(entity.path, rule) ?? this.checkRuleRoom(entity, rule);
    if (problem) return problem;
    if (entity.rules.has(rule.name.toLowerCase()))
      return refuse(
        'rule-already-exists',
        entity.path,
        `The messaging entity '${entity.topicName}|${entity.definition.name}|${rule.name}' already exists.`,
      );
    return this.putRule(entity, rule, this.kernel.now());
  }

  updateRule(entity: SubscriptionEntity, rule: RuleDefinition): Outcome {
    const existing = entity.rules.get(rule.name.toLowerCase());
    if (!existing) return ruleNotFound(entity, rule.name);
    return this.putRule(entity, { ...rule, name: existing.compiled.definition.name }, existing.createdAt);
  }

  /** Also without checks, for what was checked before a restart. */
  putRule(entity: SubscriptionEntity, rule: RuleDefinition, createdAt: number): Outcome {
    const compiled = this.compileRule(rule);
    if (!compiled.ok) return refuse('invalid-rule', entity.path, compiled.error);
    entity.rules.set(rule.name.toLowerCase(), { compiled: compiled.rule, createdAt });
    entity.noteUse();
    this.kernel.emit({ type: 'rule-added', entity: entity.path, rule });
    return OK;
  }

  removeRule(entity: SubscriptionEntity, ruleName: string): Outcome {
    const existing = entity.rules.get(ruleName.toLowerCase());
    if (!existing) return ruleNotFound(entity, ruleName);
    entity.rules.delete(ruleName.toLowerCase());
    this.kernel.emit({
      type: 'rule-removed',
      entity: entity.path,
      ruleName: existing.compiled.definition.name,
    });
    return OK;
  }

  private checkRuleRoom(entity: SubscriptionEntity, rule: RuleDefinition): Refusal | undefined {
    const isCorrelation = rule.filter.filterType === 'CorrelationFilter';
    const limit = isCorrelation ? LIMITS.correlationFiltersPerTopic : LIMITS.sqlFiltersPerTopic;
    const topic = this.topic(entity.topicName);
    // Counted only when the subscription alone could matter: a topic with few rules is the rule.
    let count = 0;
    for (const subscription of topic?.subscriptions.values() ?? [])
      for (const { compiled } of subscription.rules.values()) {
        const { filterType } = compiled.definition.filter;
        if (isCorrelation ? filterType === 'CorrelationFilter' : filterType === 'SqlFilter') count += 1;
      }
    if (count < limit) return undefined;
    return refuse('limit-exceeded', entity.path, `A topic has at most ${limit} filters of this type.`);
  }

  // Deleting

  delete(entity: Entity): void {
    if (entity.kind === 'subscription') {
      this.topic(entity.topicName)?.subscriptions.delete(entity.definition.name.toLowerCase());
    } else {
      this.entities.delete(entity.path.toLowerCase());
      if (entity.kind === 'topic') for (const each of entity.subscriptions.values()) this.unwatch(each);
    }
    this.unwatch(entity);
    entity.dispose();
    for (const queue of this.waitingToForward) if (queue.messages.size === 0) this.waitingToForward.delete(queue);
    this.kernel.emit({ type: 'entity-deleted', entity: entity.path });
  }

  close(): void {
    this.forwarder.close();
    for (const watch of this.idleWatches.values()) watch.stop();
    for (const queue of this.queues()) {
      for (const waiter of queue.sessionWaiters) waiter.stopWaiting();
      for (const receiver of queue.receivers) receiver.isOpen = false;
      queue.stop();
    }
  }

  // Within

  private pump(queue: MessageQueue): void {
    if (queue.policy.forwardTo === undefined) {
      this.waitingToForward.delete(queue);
      deliver(this.kernel, queue);
      return;
    }
    this.forwarder.forward(queue);
    if (queue.messages.size > 0) this.waitingToForward.add(queue);
    else this.waitingToForward.delete(queue);
  }

  /** What waits for this destination can move again. */
  private touchForwarders(path: string): void {
    const name = path.toLowerCase();
    for (const queue of this.waitingToForward)
      if (queue.policy.forwardTo?.toLowerCase() === name) this.kernel.touch(queue);
  }

  private newTimes(): EntityTimes {
    const now = this.kernel.now();
    return { createdAt: now, updatedAt: now, accessedAt: now };
  }

  private changed(entity: Entity): void {
    entity.times = { ...entity.times, updatedAt: this.kernel.now() };
    this.unwatch(entity);
    this.watchIdle(entity);
    this.announce(entity, 'entity-updated');
  }

  private announce(entity: Entity, type: 'entity-created' | 'entity-updated'): void {
    this.kernel.emit({ type, entity: entity.path, definition: entity.entityDefinition });
  }

  private checkNew(name: string): Refusal | undefined {
    if (this.destination(name)) return entityAlreadyExists(name);
    if (this.entities.size >= LIMITS.entities)
      return refuse('limit-exceeded', name, `A namespace has at most ${LIMITS.entities} queues and topics.`);
    return undefined;
  }

  /** What is forwarded to must be there (V fwd). It may be what forwards, or its topic (recorded by azure-servicebus' tests). */
  private checkTargets(
    root: string,
    definition: { readonly forwardTo: string | undefined; readonly forwardDeadLetteredMessagesTo: string | undefined },
  ): Refusal | undefined {
    for (const target of [definition.forwardTo, definition.forwardDeadLetteredMessagesTo]) {
      if (target === undefined) continue;
      if (!this.destination(target))
        return refuse('invalid-argument', root, `The entity '${target}' that it would forward to does not exist.`);
    }
    return undefined;
  }

  private watchIdle(entity: Entity): void {
    const idleMs = entity.definition.autoDeleteOnIdleMs;
    // A source of forwarding is never idle (V fwd).
    const forwards = entity.kind !== 'topic' && entity.definition.forwardTo !== undefined;
    if (!Number.isFinite(idleMs) || forwards) return;
    const watch = new IdleWatch({
      clock: this.kernel.clock,
      lastUseAt: () => (entity.kind === 'topic' ? entity.lastUseOfAllAt : entity.lastUseAt),
      isBusy: () => entity.isBusy,
      onIdle: () => this.kernel.turn(() => this.delete(entity)),
    });
    this.idleWatches.set(entity, watch);
    watch.set(idleMs);
  }

  private unwatch(entity: Entity): void {
    this.idleWatches.get(entity)?.stop();
    this.idleWatches.delete(entity);
  }
}

const ruleNotFound = (entity: SubscriptionEntity, ruleName: string): Refusal =>
  refuse('rule-not-found', entity.path, `Rule '${ruleName}' was not found.`);

function checkUnchanged<Definition>(
  path: string,
  current: Definition,
  asked: Definition,
  fixed: readonly (keyof Definition & string)[],
): Refusal | undefined {
  for (const key of fixed)
    if (current[key] !== asked[key])
      return refuse('invalid-argument', path, `The value of ${key} cannot be changed after the entity was created.`);
  return undefined;
}

/** Callers may hand in a topic with its subscriptions, or a subscription with its rules: those are not its definition. */
function topicOnly(definition: TopicDefinition & { readonly subscriptions?: unknown }): TopicDefinition {
  const { subscriptions: _, ...topic } = definition;
  return topic;
}

function subscriptionOnly(definition: SubscriptionDefinition & { readonly rules?: unknown }): SubscriptionDefinition {
  const { rules: _, ...subscription } = definition;
  return subscription;
}
