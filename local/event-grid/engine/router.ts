import type { Instant } from '../../clock/clock.ts';
import type { Router, RouterOptions, RouterRecord, TopicState } from './api.ts';
import type { EventSubscriptionDefinition, SystemTopicType } from './definitions.ts';
import { EventSubscription } from './event-subscription.ts';
import type { EventGridEvent, PublishedEvent } from './events.ts';
import { MOST_SUBSCRIPTIONS_OF_A_TOPIC, problemsOf } from './limits.ts';
import type { Pending } from './pending.ts';

interface Topic {
  readonly name: string;
  readonly type: 'Custom' | SystemTopicType;
  readonly subscriptions: readonly EventSubscription[];
  published: number;
  unmatched: number;
}

/** Everything wrong with the topics, before anything starts. */
export class DefinitionError extends Error {}

/** @throws DefinitionError naming every subscription that breaks a limit of the service */
export function createRouter(options: RouterOptions): Router {
  return new EventRouter(options);
}

class EventRouter implements Router {
  private readonly options: RouterOptions;
  private readonly listeners = new Set<(record: RouterRecord) => void>();
  /** Names in lower case: topics are found in any letter case. */
  private readonly custom = new Map<string, Topic>();
  private readonly system: readonly Topic[];

  constructor(options: RouterOptions) {
    this.options = options;
    checkDefinitions(options);
    for (const { name, eventSubscriptions } of options.topics)
      this.custom.set(name.toLowerCase(), this.makeTopic(name, 'Custom', eventSubscriptions));
    this.system = options.systemTopics.map(({ name, topicType, eventSubscriptions }) =>
      this.makeTopic(name, topicType, eventSubscriptions),
    );
    this.restore(options.restore ?? []);
    for (const subscription of this.allSubscriptions()) {
      subscription.start();
      subscription.pump();
    }
  }

  publish(topicName: string, events: readonly PublishedEvent[]): number | undefined {
    const topic = this.custom.get(topicName.toLowerCase());
    return topic && this.route(topic, events);
  }

  publishSystemEvent(topicType: SystemTopicType, event: EventGridEvent): number {
    let deliveries = 0;
    for (const topic of this.system)
      if (topic.type === topicType) deliveries += this.route(topic, [{ schema: 'EventGridSchema', body: event }]);
    return deliveries;
  }

  setFunctionsHostUp(isUp: boolean): void {
    for (const subscription of this.allSubscriptions()) subscription.setHostUp(isUp);
  }

  confirmValidation(code: string): boolean {
    return this.allSubscriptions().some((subscription) => subscription.confirmValidation(code));
  }

  topics(): readonly TopicState[] {
    return this.allTopics().map(({ name, type, published, unmatched }) => {
      return { name, topicType: type, published, unmatched };
    });
  }

  subscriptions() {
    return this.allSubscriptions().map((subscription) => subscription.state());
  }

  onRecord(listener: (record: RouterRecord) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  *pendingRecords(): Iterable<RouterRecord> {
    for (const topic of this.allTopics())
      for (const subscription of topic.subscriptions) yield* pendingRecordsOf(topic.name, subscription);
  }

  close(): void {
    for (const subscription of this.allSubscriptions()) subscription.close();
    this.listeners.clear();
  }

  private route(topic: Topic, events: readonly PublishedEvent[]): number {
    const at = this.options.clock.now();
    const wanted = new Map<EventSubscription, Pending[]>();
    let count = 0;
    for (const event of events) {
      const deliveries: { id: string; subscriptionName: string }[] = [];
      for (const subscription of topic.subscriptions) {
        if (!subscription.wants(event)) continue;
        const pending = subscription.pending(this.options.newId(), event, at);
        deliveries.push({ id: pending.id, subscriptionName: subscription.definition.name });
        const list = wanted.get(subscription);
        if (list) list.push(pending);
        else wanted.set(subscription, [pending]);
      }
      topic.published += 1;
      if (deliveries.length === 0) topic.unmatched += 1;
      else this.emit({ type: 'accepted', at, topicName: topic.name, event, deliveries });
      count += deliveries.length;
    }
    // Events of one request become due together, so that they can travel together.
    for (const [subscription, pending] of wanted) subscription.accept(pending);
    for (const subscription of wanted.keys()) subscription.pump();
    return count;
  }

  private emit(record: RouterRecord): void {
    for (const listener of this.listeners) listener(record);
  }

  private makeTopic(name: string, type: Topic['type'], definitions: readonly EventSubscriptionDefinition[]): Topic {
    const subscriptions = definitions.map(
      (definition) => new EventSubscription({ name, type }, definition, this.options, (record) => this.emit(record)),
    );
    return { name, type, subscriptions, published: 0, unmatched: 0 };
  }

  private restore(records: Iterable<RouterRecord>): void {
    const found = new Map<
      string,
      { subscription: EventSubscription; pending: Pending; dueAt: Instant; giveUp: boolean }
    >();
    for (const record of records) {
      if (record.type === 'accepted') {
        const topic = this.allTopics().find(({ name }) => name === record.topicName);
        for (const { id, subscriptionName } of record.deliveries) {
          // A subscription that is no longer declared takes its pending events with it, as deleting one does in the cloud.
          const subscription = topic?.subscriptions.find(({ definition }) => definition.name === subscriptionName);
          if (!subscription) continue;
          const pending = subscription.pending(id, record.event, record.at);
          found.set(id, { subscription, pending, dueAt: record.at, giveUp: false });
        }
      } else if (record.type === 'attempted') {
        record.ids.forEach((id, index) => {
          const entry = found.get(id);
          if (!entry) return;
          entry.pending.attempts = record.attempts[index] ?? entry.pending.attempts;
          entry.pending.lastAttemptAt = record.at;
          entry.pending.lastOutcome = record.outcome;
          entry.dueAt = record.dueAt ?? record.at;
          entry.giveUp = record.dueAt === undefined;
        });
      } else if (record.type === 'finished') for (const id of record.ids) found.delete(id);
    }
    for (const { subscription, ...entry } of found.values()) subscription.restore([entry]);
  }

  private allTopics(): readonly Topic[] {
    return [...this.custom.values(), ...this.system];
  }

  private allSubscriptions(): readonly EventSubscription[] {
    return this.allTopics().flatMap(({ subscriptions }) => subscriptions);
  }
}

function* pendingRecordsOf(topicName: string, subscription: EventSubscription): Iterable<RouterRecord> {
  const subscriptionName = subscription.definition.name;
  for (const { pending, dueAt, giveUp } of subscription.allPending()) {
    const { id, event, publishedAt, attempts, lastOutcome, lastAttemptAt } = pending;
    yield { type: 'accepted', at: publishedAt, topicName, event, deliveries: [{ id, subscriptionName }] };
    if (lastAttemptAt === undefined) continue;
    yield {
      type: 'attempted',
      at: lastAttemptAt,
      topicName,
      subscriptionName,
      ids: [id],
      attempts: [attempts],
      outcome: lastOutcome,
      detail: '',
      dueAt: giveUp ? undefined : dueAt,
    };
  }
}

function checkDefinitions({ topics, systemTopics }: RouterOptions): void {
  const problems: string[] = [];
  const check = (
    topic: string,
    schema: Parameters<typeof problemsOf>[1],
    list: readonly EventSubscriptionDefinition[],
  ) => {
    if (list.length > MOST_SUBSCRIPTIONS_OF_A_TOPIC)
      problems.push(`${topic}: at most ${MOST_SUBSCRIPTIONS_OF_A_TOPIC} event subscriptions`);
    for (const subscription of list)
      for (const problem of problemsOf(subscription, schema))
        problems.push(`${topic}/${subscription.name}: ${problem}`);
  };
  for (const { name, inputSchema, eventSubscriptions } of topics) check(name, inputSchema, eventSubscriptions);
  for (const { name, eventSubscriptions } of systemTopics) check(name, 'EventGridSchema', eventSubscriptions);
  if (problems.length > 0) throw new DefinitionError(`Event Grid: ${problems.join('; ')}.`);
}
