import { z } from 'zod';
import { message } from '../topology/message.ts';

/** Which entity it is about: no count, no message id, no session id (event-schema-service-bus). Open: Azure adds fields. */
const entity = z.looseObject({
  namespaceName: z.string(),
  requestUri: z.string(),
  entityType: z.enum(['queue', 'subscriber']),
  queueName: z.string().nullish(),
  topicName: z.string().nullish(),
  subscriptionName: z.string().nullish(),
});

const example = {
  namespaceName: 'printshop',
  requestUri: 'https://printshop.servicebus.windows.net/refunds/messages/head',
  entityType: 'queue' as const,
  queueName: 'refunds',
};

/** Service Bus says: an entity has messages, and nobody listens. */
export const ActiveMessagesWithoutListeners = message({
  type: 'Microsoft.ServiceBus.ActiveMessagesAvailableWithNoListeners',
  schema: entity,
  example,
});

/** Service Bus says: an entity has dead letters, and nobody listens to them. */
export const DeadLettersWithoutListeners = message({
  type: 'Microsoft.ServiceBus.DeadletterMessagesAvailableWithNoListeners',
  schema: entity,
  example: {
    ...example,
    requestUri: 'https://printshop.servicebus.windows.net/refunds/$deadletterqueue/messages/head',
  },
});
