import type { Instant } from '../../clock/clock.ts';
import type { BrokerEvent, EntityDefinition, EntityTimes, MessageImage, StoredMessage, StoredRecord } from './api.ts';
import type { DuplicateHistory } from './duplicate-history.ts';
import type { MessageQueue } from './message-queue.ts';
import type { Entity, Namespace } from './namespace.ts';
import { subscriptionPath } from './paths.ts';
import { putSessionState } from './session-operations.ts';

/** What is kept of a message. */
export function toImage(message: StoredMessage): MessageImage {
  return {
    sequenceNumber: message.sequenceNumber,
    enqueuedSequenceNumber: message.enqueuedSequenceNumber,
    state: message.state,
    enqueuedAt: message.enqueuedAt,
    expiresAt: message.expiresAt,
    scheduledEnqueueAt: message.scheduledEnqueueAt,
    deliveryCount: message.deliveryCount,
    sessionId: message.sessionId,
    deadLetterSource: message.deadLetterSource,
    hops: message.hops,
    changes: message.changes,
    content: message.content,
  };
}

const definitionPath = (definition: EntityDefinition): string =>
  definition.kind === 'subscription'
    ? subscriptionPath(definition.topicName, definition.definition.name)
    : definition.definition.name;

/**
 * What a journal keeps of an event; `undefined` for events that change nothing stored. Locks within sessions are not kept: a
 * restart ends every receiver, and a session whose receiver is gone is free, its messages returned, uncounted (contracts §7).
 */
export function toRecord(event: BrokerEvent, timesOf: (entity: string) => EntityTimes): StoredRecord | undefined {
  const { entity, at } = event;
  switch (event.type) {
    case 'entity-created':
    case 'entity-updated':
      return { type: 'entity', at, entity, definition: event.definition, info: timesOf(entity) };
    case 'entity-deleted':
      return { type: 'entity-deleted', entity };
    case 'rule-added':
      return { type: 'rule-added', entity, rule: event.rule, createdAt: at };
    case 'rule-removed':
      return { type: 'rule-removed', entity, ruleName: event.ruleName };
    case 'message-stored':
      return { type: 'message', entity, message: toImage(event.message) };
    case 'message-published':
      return { type: 'last-sequence-number', entity, sequenceNumber: event.sequenceNumber };
    case 'message-id-remembered':
      return { type: 'message-id', entity, messageId: event.messageId, until: event.until };
    case 'message-locked':
      if (event.sessionId !== undefined) return undefined;
      return {
        type: 'message-locked',
        entity,
        sequenceNumber: event.message.sequenceNumber,
        lockToken: event.lockToken,
        lockedUntil: event.lockedUntil,
      };
    case 'message-lock-renewed': {
      const { sequenceNumber, lockToken, lockedUntil } = event;
      return { type: 'message-locked', entity, sequenceNumber, lockToken, lockedUntil };
    }
    case 'message-returned':
    case 'message-deferred': {
      const { message } = event;
      return {
        type: 'message-state',
        entity,
        sequenceNumber: message.sequenceNumber,
        state: message.state === 'deferred' ? 'deferred' : 'active',
        deliveryCount: message.deliveryCount,
        changes: message.changes,
      };
    }
    case 'message-removed':
      return { type: 'message-removed', entity, sequenceNumber: event.sequenceNumber };
    case 'session-state-set':
      return { type: 'session-state', entity, sessionId: event.sessionId, state: event.state, at };
    default:
      return undefined;
  }
}

function* queueRecords(queue: MessageQueue): Generator<StoredRecord> {
  const entity = queue.path;
  if (queue.lastSequenceNumber > 0)
    yield { type: 'last-sequence-number', entity, sequenceNumber: queue.lastSequenceNumber };
  for (const message of queue.messages.from(0)) {
    yield { type: 'message', entity, message: toImage(message) };
    const { lock, sequenceNumber } = message;
    if (lock && !lock.session)
      yield { type: 'message-locked', entity, sequenceNumber, lockToken: lock.token, lockedUntil: lock.lockedUntil };
  }
  for (const { id, state, stateSetAt } of queue.sessions.values())
    if (state !== undefined) yield { type: 'session-state', entity, sessionId: id, state, at: stateSetAt };
}

function* historyRecords(entity: string, history: DuplicateHistory, now: Instant): Generator<StoredRecord> {
  for (const [messageId, until] of history.entries(now)) yield { type: 'message-id', entity, messageId, until };
}

const entityRecord = (entity: Entity, at: Instant): StoredRecord => ({
  type: 'entity',
  at,
  entity: entity.path,
  definition: entity.entityDefinition,
  info: { ...entity.times, accessedAt: entity.accessedAt },
});

/** All that is stored, in an order in which it can be restored. */
export function* allRecords(namespace: Namespace): Generator<StoredRecord> {
  const now = namespace.kernel.now();
  for (const entity of namespace.entities.values()) {
    yield entityRecord(entity, now);
    yield* historyRecords(entity.path, entity.history, now);
    if (entity.kind === 'queue') {
      for (const queue of entity.group.all) yield* queueRecords(queue);
      continue;
    }
    yield* queueRecords(entity.shelf);
    yield* queueRecords(entity.transferDeadLetters);
    for (const subscription of entity.subscriptions.values()) {
      yield entityRecord(subscription, now);
      for (const { rule, createdAt } of subscription.ruleInfos)
        yield { type: 'rule-added', entity: subscription.path, rule, createdAt };
      for (const queue of subscription.group.all) yield* queueRecords(queue);
    }
  }
}

/**
 * Applies one record to a namespace that nobody uses yet. A record about something that is not there is passed over: after
 * damage to a journal, what came later still counts as far as it can.
 */
export function restoreRecord(namespace: Namespace, record: StoredRecord): void {
  if (record.type === 'entity') {
    restoreEntity(namespace, record.definition, record.info);
    return;
  }
  const place = namespace.find(record.entity);
  if (!place) return;
  const { entity, queue } = place;
  switch (record.type) {
    case 'entity-deleted':
      namespace.delete(entity);
      return;
    case 'rule-added':
      if (entity.kind === 'subscription') namespace.putRule(entity, record.rule, record.createdAt);
      return;
    case 'rule-removed':
      if (entity.kind === 'subscription') namespace.removeRule(entity, record.ruleName);
      return;
    case 'last-sequence-number':
      queue.lastSequenceNumber = Math.max(queue.lastSequenceNumber, record.sequenceNumber);
      return;
    case 'message-id':
      if (entity.kind !== 'subscription')
        entity.history.remember(record.messageId, record.until, namespace.kernel.now());
      return;
    case 'session-state':
      putSessionState(queue, queue.sessions.ensure(record.sessionId), record.state, record.at);
      return;
    case 'message': {
      const { message } = record;
      const existing = queue.messages.get(message.sequenceNumber);
      if (existing) queue.remove(existing, 'deleted');
      queue.restore(message, namespace.kernel.arena.store(message.content));
      // Sub-queues take their numbers from the main queue.
      const main = entity.kind === 'topic' ? entity.shelf : entity.group.main;
      main.lastSequenceNumber = Math.max(main.lastSequenceNumber, message.sequenceNumber);
      return;
    }
    default:
      restoreMessage(queue, record);
  }
}

function restoreMessage(
  queue: MessageQueue,
  record: Extract<StoredRecord, { type: 'message-removed' | 'message-locked' | 'message-state' }>,
): void {
  const message = queue.messages.get(record.sequenceNumber);
  if (!message || message.phase === 'gone') return;
  if (record.type === 'message-removed') queue.remove(message, 'deleted');
  else if (record.type === 'message-locked') {
    if (message.phase !== 'scheduled') queue.restoreLock(message, record.lockToken, record.lockedUntil);
  } else queue.restoreState(message, record.state, record.deliveryCount, record.changes);
}

function restoreEntity(namespace: Namespace, defined: EntityDefinition, times: EntityTimes): void {
  const existing = namespace.find(definitionPath(defined));
  if (existing) {
    if (defined.kind === 'queue' && existing.entity.kind === 'queue') existing.entity.update(defined.definition);
    else if (defined.kind === 'topic' && existing.entity.kind === 'topic') existing.entity.update(defined.definition);
    else if (defined.kind === 'subscription' && existing.entity.kind === 'subscription')
      existing.entity.update(defined.definition);
    existing.entity.times = times;
    return;
  }
  if (defined.kind === 'queue') namespace.restoreQueue(defined.definition, times);
  else if (defined.kind === 'topic') namespace.restoreTopic(defined.definition, times);
  else {
    const topic = namespace.topic(defined.topicName);
    if (topic) namespace.restoreSubscription(topic, defined.definition, times);
  }
}
