import type { DeclaredEntities, Outcome, RuleDefinition } from './api.ts';
import type { Namespace } from './namespace.ts';
import type { SubscriptionEntity } from './subscription-entity.ts';

export interface DeclarationProblem {
  readonly entity: string;
  readonly detail: string;
}

/** Equal by value: definitions are plain data. */
function isSame(a: unknown, b: unknown): boolean {
  const plain = (_key: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return `${value}n`;
    if (value === Number.POSITIVE_INFINITY) return 'Infinity';
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      return Object.fromEntries(Object.entries(value).sort(([first], [second]) => (first < second ? -1 : 1)));
    return value;
  };
  return JSON.stringify(a, plain) === JSON.stringify(b, plain);
}

/** The declared rules are the subscription's rules: others are removed, as a deployment would. */
function declareRules(
  namespace: Namespace,
  entity: SubscriptionEntity,
  rules: readonly RuleDefinition[],
  note: (entity: string, outcome: Outcome) => void,
): void {
  const wanted = new Set(rules.map((rule) => rule.name.toLowerCase()));
  for (const { rule } of entity.ruleInfos)
    if (!wanted.has(rule.name.toLowerCase())) namespace.removeRule(entity, rule.name);
  for (const rule of rules) {
    const existing = entity.rules.get(rule.name.toLowerCase());
    if (!existing) note(entity.path, namespace.addRule(entity, rule));
    else if (!isSame(existing.compiled.definition, rule)) note(entity.path, namespace.updateRule(entity, rule));
  }
}

/**
 * Makes a namespace hold what a topology declares. Entities that forward are made after those they forward to, in whatever
 * order they are declared.
 */
export function declareEntities(namespace: Namespace, declared: DeclaredEntities): DeclarationProblem[] {
  const problems: DeclarationProblem[] = [];
  const note = (entity: string, outcome: Outcome): void => {
    if (!outcome.ok) problems.push({ entity, detail: outcome.detail });
  };
  const withoutForwarding = <Definition extends object>(definition: Definition): Definition => ({
    ...definition,
    forwardTo: undefined,
    forwardDeadLetteredMessagesTo: undefined,
  });
  // First all that is missing, without forwarding, so that every destination is there; then every definition as it is.
  for (const definition of declared.queues)
    if (!namespace.queue(definition.name)) note(definition.name, namespace.createQueue(withoutForwarding(definition)));
  for (const definition of declared.topics) {
    const topic = namespace.topic(definition.name);
    if (!topic) note(definition.name, namespace.createTopic(definition));
  }
  for (const definition of declared.queues) {
    const entity = namespace.queue(definition.name);
    if (entity && !isSame(entity.definition, { ...definition, name: entity.path }))
      note(definition.name, namespace.updateQueue(definition));
  }
  for (const { subscriptions, ...definition } of declared.topics) {
    const topic = namespace.topic(definition.name);
    if (!topic) continue;
    if (!isSame(topic.definition, { ...definition, name: topic.path }))
      note(definition.name, namespace.updateTopic(definition));
    for (const { rules, ...subscription } of subscriptions) {
      const entity = namespace.subscription(topic.path, subscription.name);
      if (!entity) {
        note(subscription.name, namespace.createSubscription(topic.path, subscription, rules));
        continue;
      }
      if (!isSame(entity.definition, { ...subscription, name: entity.definition.name }))
        note(entity.path, namespace.updateSubscription(topic.path, subscription));
      declareRules(namespace, entity, rules, note);
    }
  }
  return problems;
}
