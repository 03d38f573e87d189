import {
  type CorrelationRuleFilter,
  type CreateQueueOptions,
  type CreateSubscriptionOptions,
  type CreateTopicOptions,
  ServiceBusAdministrationClient,
  type SqlRuleAction,
  type SqlRuleFilter,
} from '@azure/service-bus';
import type { TopologyFile } from '../../../local/topology/index.ts';

/**
 * The namespace that the suite runs against instead of one of its own: `SERVICEBUS_CONNECTION_STRING`, with the right Manage, and
 * `SERVICEBUS_ADMINISTRATION_CONNECTION_STRING` where management has another address. It must be one that holds nothing else:
 * entities of the names that the tests use are deleted.
 */
export const namespaceElsewhere = process.env.SERVICEBUS_CONNECTION_STRING
  ? {
      connectionString: process.env.SERVICEBUS_CONNECTION_STRING,
      administrationConnectionString:
        process.env.SERVICEBUS_ADMINISTRATION_CONNECTION_STRING ?? process.env.SERVICEBUS_CONNECTION_STRING,
    }
  : undefined;

type Entities = NonNullable<TopologyFile['serviceBus']>;
type Rule = NonNullable<NonNullable<NonNullable<Entities['topics']>[number]['subscriptions']>[number]['rules']>[number];

/** Creates the entities anew; ARM's words and the administration client's are the same but for a rule's. */
export async function createEntities(connectionString: string, { queues = [], topics = [] }: Entities): Promise<void> {
  const client = new ServiceBusAdministrationClient(connectionString);
  // Those that forward come after what they forward to.
  for (const { name, authorizationRules: _, ...options } of [...queues].sort(byForwarding)) {
    await client.deleteQueue(name).catch(ignoreMissing);
    await client.createQueue(name, options as CreateQueueOptions);
  }
  for (const { name, subscriptions = [], authorizationRules: _, ...options } of topics) {
    await client.deleteTopic(name).catch(ignoreMissing);
    await client.createTopic(name, options as CreateTopicOptions);
    for (const { name: subscription, rules, ...rest } of subscriptions) {
      await client.createSubscription(name, subscription, rest as CreateSubscriptionOptions);
      if (!rules) continue;
      await client.deleteRule(name, subscription, '$Default');
      for (const rule of rules) await client.createRule(name, subscription, rule.name, filterOf(rule), actionOf(rule));
    }
  }
}

export async function deleteEntities(connectionString: string, { queues = [], topics = [] }: Entities): Promise<void> {
  const client = new ServiceBusAdministrationClient(connectionString);
  for (const { name } of [...queues].sort(byForwarding).reverse()) await client.deleteQueue(name).catch(ignoreMissing);
  for (const { name } of topics) await client.deleteTopic(name).catch(ignoreMissing);
}

const byForwarding = (a: { forwardTo?: string }, b: { forwardTo?: string }) =>
  Number(a.forwardTo !== undefined) - Number(b.forwardTo !== undefined);

const filterOf = ({ sqlFilter, correlationFilter }: Rule) =>
  (sqlFilter ?? correlationFilter ?? { sqlExpression: '1=1' }) as SqlRuleFilter | CorrelationRuleFilter;

const actionOf = ({ action }: Rule) => (action ?? {}) as SqlRuleAction;

function ignoreMissing(error: { readonly statusCode?: number; readonly code?: string }): void {
  if (error.statusCode !== 404 && error.code !== 'MessageEntityNotFoundError') throw error;
}
