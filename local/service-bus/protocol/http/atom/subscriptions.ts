import type { RuleDefinition, RuleInfo, SubscriptionInfo } from '../../../engine/api.ts';
import { newSubscription } from '../../../engine/index.ts';
import type { HttpReply } from '../exchange.ts';
import type { AtomContext } from './context.ts';
import { readFields, writeElements } from './description.ts';
import { alreadyExists, answer, cannotChange, changedFixedElement, withFixed } from './entities.ts';
import type { Entry } from './envelope.ts';
import { readRule, writeRule } from './rule-description.ts';
import { subscriptionElements } from './subscription-description.ts';

const DEFAULT_RULE_NAME = '$Default';

export function getSubscription(context: AtomContext, topic: string, name: string): HttpReply {
  return answer(context, context.broker.getSubscription(topic, name), 200, subscriptionEntry);
}

export function deleteSubscription(context: AtomContext, topic: string, name: string): HttpReply {
  const outcome = context.broker.deleteSubscription(topic, name);
  return outcome.ok ? { status: 200 } : context.refusal(outcome);
}

export function putSubscription(context: AtomContext, topic: string, name: string): HttpReply {
  const description = context.readDescription('SubscriptionDescription');
  if ('status' in description) return description;
  const existing = context.broker.getSubscription(topic, name);
  if (context.isUpdate && !existing.ok) return context.refusal(existing);
  const current = context.isUpdate && existing.ok ? existing.definition : undefined;
  const defaults = newSubscription(current?.name ?? name);
  const initial = current ? withFixed(subscriptionElements, current, defaults) : defaults;
  const read = readFields(subscriptionElements, description, initial);
  if (!read.ok) return context.badRequest(read.problem);
  if (current) {
    const changed = changedFixedElement(subscriptionElements, current, read.definition);
    if (changed) return cannotChange(context, changed, 'Subscription');
    return answer(context, context.broker.updateSubscription(topic, read.definition), 200, subscriptionEntry);
  }
  const defaultRule = description.child('DefaultRuleDescription');
  const rule = defaultRule && readRule(defaultRule, defaultRule.child('Name')?.text || DEFAULT_RULE_NAME);
  if (rule && !rule.ok) return context.badRequest(rule.problem);
  const outcome = context.broker.createSubscription(topic, read.definition, rule && [rule.value]);
  return answer(context, outcome, 201, subscriptionEntry);
}

export function listSubscriptions(context: AtomContext, topic: string): HttpReply {
  const listed = context.broker.listSubscriptions(topic);
  if (!listed.ok) return context.refusal(listed);
  return context.page(`${topic}/Subscriptions`, 'Subscriptions', listed.subscriptions, (subscription) =>
    subscriptionEntry(context, subscription),
  );
}

export function getRule(context: AtomContext, path: string, name: string): HttpReply {
  const found = findRule(context, path, name);
  return 'status' in found ? found : context.entry(200, ruleEntry(context, path, found));
}

export function putRule(context: AtomContext, path: string, name: string): HttpReply {
  const description = context.readDescription('RuleDescription');
  if ('status' in description) return description;
  const rule = readRule(description, name);
  if (!rule.ok) return context.badRequest(rule.problem);
  return context.isUpdate ? updateRule(context, path, rule.value) : createRule(context, path, rule.value);
}

function createRule(context: AtomContext, path: string, rule: RuleDefinition): HttpReply {
  const added = context.broker.addRule(path, rule);
  if (added.ok) return context.entry(201, ruleEntry(context, path, added));
  if (added.outcome !== 'rule-already-exists') return context.refusal(added);
  return context.refuse(409, alreadyExists(context, `${path}/Rules/${rule.name}`));
}

function updateRule(context: AtomContext, path: string, rule: RuleDefinition): HttpReply {
  const updated = context.broker.updateRule(path, rule);
  if (updated.ok) return context.entry(200, ruleEntry(context, path, updated));
  return updated.outcome === 'rule-not-found' ? ruleNotFound(context, path, rule.name) : context.refusal(updated);
}

export function deleteRule(context: AtomContext, path: string, name: string): HttpReply {
  const removed = context.broker.removeRule(path, name);
  if (removed.ok) return { status: 200 };
  return removed.outcome === 'rule-not-found' ? ruleNotFound(context, path, name) : context.refusal(removed);
}

export function listRules(context: AtomContext, path: string): HttpReply {
  const listed = context.broker.listRules(path);
  if (!listed.ok) return context.refusal(listed);
  return context.page(`${path}/Rules`, 'Rules', listed.rules, (rule) => ruleEntry(context, path, rule));
}

function findRule(context: AtomContext, path: string, name: string): RuleInfo | HttpReply {
  const listed = context.broker.listRules(path);
  if (!listed.ok) return context.refusal(listed);
  const found = listed.rules.find(({ rule }) => rule.name.toLowerCase() === name.toLowerCase());
  return found ?? ruleNotFound(context, path, name);
}

function ruleNotFound(context: AtomContext, path: string, name: string): HttpReply {
  return context.notFound(`${path}/Rules/${name}`);
}

function subscriptionEntry(context: AtomContext, subscription: SubscriptionInfo): Entry {
  const { name } = subscription.definition;
  return {
    id: context.uri(`${subscription.topicName}/Subscriptions/${name}`),
    title: name,
    publishedAt: subscription.createdAt,
    updatedAt: subscription.updatedAt,
    descriptionName: 'SubscriptionDescription',
    description: writeElements(subscriptionElements, subscription, context.write),
  };
}

function ruleEntry(context: AtomContext, path: string, info: RuleInfo): Entry {
  return {
    id: context.uri(`${path}/Rules/${info.rule.name}`),
    title: info.rule.name,
    publishedAt: info.createdAt,
    updatedAt: info.createdAt,
    descriptionName: 'RuleDescription',
    description: writeRule(info),
  };
}
