import type { Broker, EntityCounts, Outcome, Refusal } from '../../../engine/api.ts';
import type { HttpReply, HttpRequest } from '../exchange.ts';
import { statusOf } from '../statuses.ts';
import { json, problem } from './json.ts';
import { describeMessage } from './messages.ts';

interface Listed {
  readonly path: string;
  readonly kind: 'queue' | 'topic' | 'subscription';
  readonly status: string;
  readonly counts: EntityCounts;
  readonly receivers: number;
}

/** `GET /inspect/entities` */
export function listEntities(broker: Broker): Listed[] {
  const listed = (path: string, kind: Listed['kind'], status: string, counts: EntityCounts): Listed => ({
    path,
    kind,
    status,
    counts,
    receivers: kind === 'topic' ? 0 : broker.receivers(path).length,
  });
  const queues = broker
    .listQueues()
    .map(({ definition, counts }) => listed(definition.name, 'queue', definition.status, counts));
  const topics = broker.listTopics().flatMap(({ definition, counts }) => {
    const below = broker.listSubscriptions(definition.name);
    const subscriptions = (below.ok ? below.subscriptions : []).map((subscription) =>
      listed(
        `${definition.name}/Subscriptions/${subscription.definition.name}`,
        'subscription',
        subscription.definition.status,
        subscription.counts,
      ),
    );
    return [listed(definition.name, 'topic', definition.status, counts), ...subscriptions];
  });
  return [...queues, ...topics];
}

/** `GET /inspect/entities/<path>`: definition, counts, times, rules, receivers. */
export function showEntity(broker: Broker, path: string): HttpReply {
  const described = broker.describe(path);
  if (!described.ok) return refused(described);
  const shown = definitionOf(broker, described.path, described.kind);
  if (!shown.ok) return refused(shown);
  const { ok: _ok, ...info } = shown;
  const rules = described.kind === 'subscription' ? broker.listRules(described.path) : undefined;
  return json(200, {
    path: described.path,
    kind: described.kind,
    ...info,
    ...(rules?.ok ? { rules: rules.rules } : {}),
    receivers: broker.receivers(described.path),
  });
}

function definitionOf(broker: Broker, path: string, kind: Listed['kind']): Outcome<object> {
  const [first, name] = splitSubscription(path);
  if (kind === 'queue') return broker.getQueue(first);
  return kind === 'topic' ? broker.getTopic(first) : broker.getSubscription(first, name);
}

/** `GET /inspect/messages?entity=…[&from=…][&top=…][&sessionId=…]`: looks, locks nothing. */
export function peekMessages(broker: Broker, request: HttpRequest): HttpReply {
  const entity = request.query.get('entity');
  if (!entity) return problem(400, 'invalid-argument', "The query parameter 'entity' is missing.");
  const sessionId = request.query.get('sessionId');
  const peeked = broker.peek(entity, {
    fromSequenceNumber: numberOf(request.query.get('from'), 0),
    maxCount: numberOf(request.query.get('top'), 100),
    ...(sessionId === null ? {} : { sessionId }),
  });
  return peeked.ok ? json(200, { messages: peeked.messages.map(describeMessage) }) : refused(peeked);
}

/** `POST /inspect/purge {entity}`: every message that is not locked, of every state, of the entity and its sub-queues. */
export function purge(broker: Broker, entity: string): HttpReply {
  let count = 0;
  const isSubQueue = /\$deadletterqueue$/i.test(entity);
  for (const path of isSubQueue
    ? [entity]
    : [entity, `${entity}/$DeadLetterQueue`, `${entity}/$Transfer/$DeadLetterQueue`]) {
    const purged = broker.purge(path);
    if (purged.ok) count += purged.count;
    else if (path === entity) return refused(purged);
  }
  return json(200, { count });
}

/**
 * `POST /inspect/reset [{entity}]`: deletes the entity and creates it again as it is defined now, so that nothing is left of its
 * messages, locks, sessions and duplicate history. Its links are detached. Without an entity: all of them.
 */
export function reset(broker: Broker, entity: string | undefined): HttpReply {
  if (entity === undefined) {
    const names = [...broker.listQueues(), ...broker.listTopics()].map(({ definition }) => definition.name);
    for (const name of names) recreate(broker, name);
    return json(200, { entities: names });
  }
  const described = broker.describe(entity);
  if (!described.ok) return refused(described);
  recreate(broker, described.path);
  return json(200, { entities: [described.path] });
}

function recreate(broker: Broker, path: string): void {
  const [name, subscriptionName] = splitSubscription(path);
  const queue = broker.getQueue(name);
  if (queue.ok) {
    broker.deleteQueue(name);
    broker.createQueue(queue.definition);
    return;
  }
  const topic = broker.getTopic(name);
  const listed = broker.listSubscriptions(name);
  if (!topic.ok || !listed.ok) return;
  const subscriptions = listed.subscriptions
    .filter(({ definition }) => subscriptionName === '' || definition.name === subscriptionName)
    .map(({ definition }) => {
      const rules = broker.listRules(`${name}/Subscriptions/${definition.name}`);
      return { definition, rules: rules.ok ? rules.rules.map(({ rule }) => rule) : [] };
    });
  if (subscriptionName === '') {
    broker.deleteTopic(name);
    broker.createTopic(topic.definition);
  }
  for (const { definition, rules } of subscriptions) {
    if (subscriptionName !== '') broker.deleteSubscription(name, definition.name);
    const created = broker.createSubscription(name, definition, rules);
    // No rules is a choice of its own: such a subscription gets nothing.
    if (created.ok && rules.length === 0) broker.removeRule(`${name}/Subscriptions/${definition.name}`, '$Default');
  }
}

/** `topic/Subscriptions/name` is `[topic, name]`; anything else `[path, '']`. */
function splitSubscription(path: string): [string, string] {
  const parts = /^(.+)\/subscriptions\/([^/]+)$/i.exec(path);
  return parts ? [parts[1]!, parts[2]!] : [path, ''];
}

export function refused(refusal: Refusal): HttpReply {
  return problem(statusOf(refusal).status, refusal.outcome, refusal.detail);
}

function numberOf(text: string | null, absent: number): number {
  return text !== null && /^\d+$/.test(text) ? Number(text) : absent;
}
