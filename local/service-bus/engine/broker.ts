// Longer than 400 lines: one short method for every operation there is; what an operation does is elsewhere.
import type {
  Broker,
  BrokerEvent,
  BrokerOptions,
  CompileRule,
  DeclaredEntities,
  Delivery,
  Durability,
  EntityCounts,
  EntityDescription,
  EntityTimes,
  InTransaction,
  NewMessage,
  Outcome,
  PendingReceiver,
  QueueDefinition,
  QueueInfo,
  ReceiveMode,
  Receiver,
  ReceiverInfo,
  ReceiverOptions,
  RuleDefinition,
  RuleInfo,
  SendOptions,
  Settlement,
  StoredMessage,
  StoredRecord,
  SubscriptionDefinition,
  SubscriptionInfo,
  Tier,
  TopicDefinition,
  TopicInfo,
  TransactionReference,
} from './api.ts';
import { ContentArena } from './content-arena.ts';
import { declareEntities } from './declaring.ts';
import { maxMessageBytes } from './limits.ts';
import { type Entity, Namespace, type Place } from './namespace.ts';
import { subscriptionPath } from './paths.ts';
import { Receiving } from './receiving.ts';
import { allRecords, restoreRecord, toRecord } from './records.ts';
import { entityNotFound, lockLost, OK, refuse, sessionLockLost } from './refusals.ts';
import { Sending } from './sending.ts';
import { loseHold } from './session-holds.ts';
import { SessionOperations } from './session-operations.ts';
import { Settling } from './settling.ts';
import { Transactions } from './transactions.ts';

const AT_ONCE: Durability = { whenDurable: (done) => done(undefined) };

/** Every operation, each in a turn of its own; what it does is in the part that it is handed to. */
export class ServiceBusBroker implements Broker {
  readonly namespaceName: string;
  readonly tier: Tier;
  private readonly namespace: Namespace;
  private readonly transactions: Transactions;
  private readonly sending: Sending;
  private readonly receiving: Receiving;
  private readonly settling: Settling;
  private readonly sessions: SessionOperations;
  private readonly durability: Durability;

  constructor(options: BrokerOptions & { readonly compileRule: CompileRule }) {
    this.namespaceName = options.namespaceName;
    this.tier = options.tier ?? 'Premium';
    this.durability = options.durability ?? AT_ONCE;
    this.namespace = new Namespace({
      kernel: { clock: options.clock, newId: options.newId, arena: new ContentArena(options.reader) },
      tier: this.tier,
      compileRule: options.compileRule,
    });
    this.transactions = new Transactions(this.namespace.kernel);
    this.sending = new Sending(this.namespace, this.transactions);
    this.receiving = new Receiving(this.namespace);
    this.settling = new Settling(this.namespace, this.transactions);
    this.sessions = new SessionOperations(this.namespace, this.receiving, this.transactions);
    if (options.restore) for (const record of options.restore) restoreRecord(this.namespace, record);
  }

  catchUp(): void {
    this.turn(() => {
      for (const queue of this.namespace.queues()) {
        queue.sweepLocks();
        queue.activateDue();
        this.namespace.kernel.touch(queue);
      }
    });
  }

  // Entities

  declare(entities: DeclaredEntities): readonly { readonly entity: string; readonly detail: string }[] {
    return this.turn(() => declareEntities(this.namespace, entities));
  }

  describe(path: string): Outcome<EntityDescription> {
    const place = this.namespace.find(path);
    return place ? { ok: true, ...this.description(place) } : entityNotFound(path);
  }

  private description({ entity, subQueue, queue }: Place): EntityDescription {
    return {
      path: queue.path,
      kind: entity.kind,
      subQueue,
      requiresSession: queue.policy.requiresSession,
      forwards: queue.policy.forwardTo !== undefined,
      maxMessageBytes: maxMessageBytes(
        this.tier,
        entity.kind === 'subscription' ? undefined : entity.definition.maxMessageSizeInKilobytes,
      ),
      lockDurationMs: queue.policy.lockDurationMs,
    };
  }

  createQueue(definition: QueueDefinition): Outcome<QueueInfo> {
    return this.turn(() => infoOf(this.namespace.createQueue(definition)));
  }

  updateQueue(definition: QueueDefinition): Outcome<QueueInfo> {
    return this.turn(() => infoOf(this.namespace.updateQueue(definition)));
  }

  deleteQueue(name: string): Outcome {
    return this.delete(this.namespace.queue(name), name);
  }

  getQueue(name: string): Outcome<QueueInfo> {
    const entity = this.namespace.queue(name);
    return entity ? { ok: true, ...entity.info } : entityNotFound(name);
  }

  listQueues(): readonly QueueInfo[] {
    return [...this.namespace.entities.values()]
      .flatMap((entity) => (entity.kind === 'queue' ? [entity.info] : []))
      .sort(byDefinitionName);
  }

  createTopic(definition: TopicDefinition): Outcome<TopicInfo> {
    return this.turn(() => infoOf(this.namespace.createTopic(definition)));
  }

  updateTopic(definition: TopicDefinition): Outcome<TopicInfo> {
    return this.turn(() => infoOf(this.namespace.updateTopic(definition)));
  }

  deleteTopic(name: string): Outcome {
    return this.delete(this.namespace.topic(name), name);
  }

  getTopic(name: string): Outcome<TopicInfo> {
    const entity = this.namespace.topic(name);
    return entity ? { ok: true, ...entity.info } : entityNotFound(name);
  }

  listTopics(): readonly TopicInfo[] {
    return [...this.namespace.entities.values()]
      .flatMap((entity) => (entity.kind === 'topic' ? [entity.info] : []))
      .sort(byDefinitionName);
  }

  createSubscription(
    topicName: string,
    definition: SubscriptionDefinition,
    rules?: readonly RuleDefinition[],
  ): Outcome<SubscriptionInfo> {
    return this.turn(() => infoOf(this.namespace.createSubscription(topicName, definition, rules)));
  }

  updateSubscription(topicName: string, definition: SubscriptionDefinition): Outcome<SubscriptionInfo> {
    return this.turn(() => infoOf(this.namespace.updateSubscription(topicName, definition)));
  }

  deleteSubscription(topicName: string, name: string): Outcome {
    return this.delete(this.namespace.subscription(topicName, name), subscriptionPath(topicName, name));
  }

  getSubscription(topicName: string, name: string): Outcome<SubscriptionInfo> {
    const entity = this.namespace.subscription(topicName, name);
    return entity ? { ok: true, ...entity.info } : entityNotFound(subscriptionPath(topicName, name));
  }

  listSubscriptions(topicName: string): Outcome<{ readonly subscriptions: readonly SubscriptionInfo[] }> {
    const topic = this.namespace.topic(topicName);
    if (!topic) return entityNotFound(topicName);
    const subscriptions = [...topic.subscriptions.values()].map(({ info }) => info).sort(byDefinitionName);
    return { ok: true, subscriptions };
  }

  addRule(path: string, rule: RuleDefinition): Outcome<RuleInfo> {
    return this.changeRule(path, rule, (entity) => this.namespace.addRule(entity, rule));
  }

  updateRule(path: string, rule: RuleDefinition): Outcome<RuleInfo> {
    return this.changeRule(path, rule, (entity) => this.namespace.updateRule(entity, rule));
  }

  removeRule(path: string, ruleName: string): Outcome {
    return this.turn(() => {
      const entity = this.subscriptionAt(path);
      return entity ? this.namespace.removeRule(entity, ruleName) : entityNotFound(path);
    });
  }

  listRules(path: string): Outcome<{ readonly rules: readonly RuleInfo[] }> {
    const entity = this.subscriptionAt(path);
    return entity ? { ok: true, rules: entity.ruleInfos } : entityNotFound(path);
  }

  // Sending

  openSender(path: string, options: { readonly via?: string } = {}): Outcome<EntityDescription> {
    const target = this.sending.target(options.via ?? path);
    if (!target.ok) return target;
    return this.describe(path);
  }

  send(path: string, messages: readonly NewMessage[], options: SendOptions = {}) {
    return this.turn(() => this.sending.send(path, messages, options));
  }

  schedule(path: string, messages: readonly NewMessage[], options: InTransaction = {}) {
    return this.turn(() => this.sending.schedule(path, messages, options));
  }

  cancelScheduled(path: string, sequenceNumbers: readonly number[], options: InTransaction = {}): Outcome {
    return this.turn(() => this.sending.cancel(path, sequenceNumbers, options));
  }

  // Receiving

  openReceiver(
    path: string,
    options: ReceiverOptions,
    opened: (outcome: Outcome<{ readonly receiver: Receiver }>) => void,
  ): PendingReceiver {
    return this.turn(() => this.receiving.open(path, options, opened));
  }

  settle(path: string, lockToken: string, settlement: Settlement, options: InTransaction = {}): Outcome {
    return this.turn(() => this.settling.settle(path, [lockToken], settlement, options));
  }

  settleAll(path: string, lockTokens: readonly string[], settlement: Settlement, options: InTransaction = {}): Outcome {
    return this.turn(() => this.settling.settle(path, lockTokens, settlement, options));
  }

  renewLocks(path: string, lockTokens: readonly string[]) {
    return this.turn(() => this.settling.renew(path, lockTokens));
  }

  receiveDeferred(
    path: string,
    sequenceNumbers: readonly number[],
    options: { readonly mode: ReceiveMode; readonly sessionId?: string },
  ): Outcome<{ readonly deliveries: readonly Delivery[] }> {
    return this.turn(() => this.receiving.receiveDeferred(path, sequenceNumbers, options));
  }

  peek(
    path: string,
    options: { readonly fromSequenceNumber: number; readonly maxCount: number; readonly sessionId?: string },
  ): Outcome<{ readonly messages: readonly StoredMessage[] }> {
    return this.receiving.peek(path, options);
  }

  deleteMessages(
    path: string,
    options: { readonly maxCount: number; readonly enqueuedBefore: number; readonly sessionId?: string },
  ): Outcome<{ readonly count: number }> {
    return this.turn(() => this.receiving.deleteMessages(path, options));
  }

  // Sessions

  renewSessionLock(path: string, sessionId: string) {
    return this.turn(() => this.sessions.renew(path, sessionId));
  }

  getSessionState(path: string, sessionId: string) {
    return this.sessions.getState(path, sessionId);
  }

  setSessionState(
    path: string,
    sessionId: string,
    state: Uint8Array | undefined,
    options: InTransaction = {},
  ): Outcome {
    return this.turn(() => this.sessions.setState(path, sessionId, state, options));
  }

  listSessions(
    path: string,
    options: { readonly stateSetAfter?: number; readonly skip: number; readonly top: number },
  ) {
    return this.sessions.list(path, options);
  }

  // Transactions

  declareTransaction(scopeId: string): { readonly transactionId: string } {
    return { transactionId: this.turn(() => this.transactions.declare(scopeId)) };
  }

  dischargeTransaction(reference: TransactionReference, fail: boolean): Outcome {
    return this.turn(() => this.transactions.discharge(reference, fail));
  }

  endTransactionScope(scopeId: string): void {
    this.turn(() => this.transactions.endScope(scopeId));
  }

  // Looking on

  onEvent(listener: (event: BrokerEvent) => void): () => void {
    return this.namespace.kernel.onEvent(listener);
  }

  onRecord(listener: (record: StoredRecord) => void): () => void {
    const timesOf = (path: string): EntityTimes => this.timesOf(path);
    return this.onEvent((event) => {
      const record = toRecord(event, timesOf);
      if (record) listener(record);
    });
  }

  whenDurable(done: (error: Error | undefined) => void): void {
    this.durability.whenDurable(done);
  }

  counts(path: string): Outcome<EntityCounts> {
    const place = this.namespace.find(path);
    if (!place) return entityNotFound(path);
    const { entity, subQueue, queue } = place;
    if (subQueue !== 'none') {
      const { activeCount, deferredCount, bytes, messages } = queue;
      const none = { scheduled: 0, deadLetter: 0, transfer: 0, transferDeadLetter: 0 };
      const active = activeCount + deferredCount;
      return { ok: true, active, deferred: deferredCount, ...none, total: messages.size, sizeInBytes: bytes };
    }
    return { ok: true, ...(entity.kind === 'topic' ? entity.counts : entity.group.counts) };
  }

  receivers(path?: string): readonly ReceiverInfo[] {
    const queue = path === undefined ? undefined : this.namespace.find(path)?.queue;
    if (path !== undefined && !queue) return [];
    const queues = queue ? [queue] : this.namespace.queues();
    return [...queues].flatMap((each) => [...each.receivers].map(({ info }) => info));
  }

  records(): Iterable<StoredRecord> {
    return allRecords(this.namespace);
  }

  private timesOf(path: string): EntityTimes {
    const entity = this.namespace.find(path)?.entity;
    const now = this.namespace.kernel.now();
    if (!entity) return { createdAt: now, updatedAt: now, accessedAt: now };
    return { ...entity.times, accessedAt: entity.accessedAt };
  }

  // For inspection and tests

  purge(path: string): Outcome<{ readonly count: number }> {
    return this.turn(() => this.receiving.purge(path));
  }

  loseLock(path: string, lockToken: string): Outcome {
    return this.turn(() => {
      const queue = this.namespace.find(path)?.queue;
      if (!queue) return entityNotFound(path);
      const lock = queue.locks.get(lockToken);
      if (!lock) return lockLost(queue.path);
      queue.giveBack(lock, 'lock-expired', true);
      return OK;
    });
  }

  loseSession(path: string, sessionId: string): Outcome {
    return this.turn(() => {
      const queue = this.namespace.find(path)?.queue;
      if (!queue) return entityNotFound(path);
      const session = queue.sessions.get(sessionId);
      if (!session?.holder) return sessionLockLost(queue.path, sessionId);
      loseHold(queue, session, 'lost');
      return OK;
    });
  }

  detachReceiver(receiverId: string): Outcome {
    return this.turn(() => {
      for (const queue of this.namespace.queues())
        for (const receiver of queue.receivers)
          if (receiver.id === receiverId) {
            receiver.lose('detached');
            return OK;
          }
      return refuse('entity-not-found', '', `There is no receiver '${receiverId}'.`);
    });
  }

  close(): void {
    this.transactions.close();
    this.namespace.close();
  }

  // Within

  private turn<Result>(operation: () => Result): Result {
    return this.namespace.kernel.turn(operation);
  }

  private delete(entity: Entity | undefined, path: string): Outcome {
    if (!entity) return entityNotFound(path);
    return this.turn(() => {
      this.namespace.delete(entity);
      return OK;
    });
  }

  private subscriptionAt(path: string) {
    const place = this.namespace.find(path);
    return place?.entity.kind === 'subscription' && place.subQueue === 'none' ? place.entity : undefined;
  }

  private changeRule(
    path: string,
    rule: RuleDefinition,
    change: (entity: NonNullable<ReturnType<ServiceBusBroker['subscriptionAt']>>) => Outcome,
  ): Outcome<RuleInfo> {
    return this.turn(() => {
      const entity = this.subscriptionAt(path);
      if (!entity) return entityNotFound(path);
      const outcome = change(entity);
      if (!outcome.ok) return outcome;
      const { compiled, createdAt } = entity.rules.get(rule.name.toLowerCase())!;
      return { ok: true, rule: compiled.definition, createdAt };
    });
  }
}

function infoOf<Info>(outcome: Outcome<{ readonly entity: { readonly info: Info } }>): Outcome<Info> {
  return outcome.ok ? { ok: true, ...outcome.entity.info } : outcome;
}

function byDefinitionName(
  a: { readonly definition: { readonly name: string } },
  b: { readonly definition: { readonly name: string } },
): number {
  const [first, second] = [a.definition.name.toLowerCase(), b.definition.name.toLowerCase()];
  return first < second ? -1 : first > second ? 1 : 0;
}
