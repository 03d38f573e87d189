import { z } from 'zod';
import { nameRules } from '../names.ts';
import { authorizationRule, duration, flag, name, refuse, wholeNumber } from './values.ts';

// Limits: Microsoft.ServiceBus resource types and the page "Service Bus quotas and limits".
const lockDuration = duration({ description: 'How long a peek-lock holds; default PT1M.', min: 'PT5S', max: 'PT5M' });
const maxDeliveryCount = wholeNumber(1, 2000, 'Deliveries before a message is dead-lettered; default 10.');
const timeToLive = duration({
  description: 'Time to live of messages that bring none; default no limit.',
  min: 'PT1S',
});
const autoDeleteOnIdle = duration({ description: 'Deletes the entity when idle so long; default never.', min: 'PT5M' });
const duplicateWindow = duration({
  description: 'How long ids are remembered; default PT10M.',
  min: 'PT20S',
  max: 'P7D',
});
const status = z.enum(['Active', 'Disabled', 'SendDisabled', 'ReceiveDisabled']);
const forwardTo = z.string().min(1).describe('Name of a queue or topic of this namespace.');
const maxSizeInMegabytes = wholeNumber(1, 81_920, 'Size quota; default 1024.');
const maxMessageSizeInKilobytes = wholeNumber(1024, 102_400, 'Largest message; Premium only.');
const userMetadata = z.string().max(1024);
const sqlExpression = z.string().min(1).max(1024);

const filterValue = z.union([z.string(), z.number(), z.boolean()]);

const sqlFilter = z.strictObject({
  sqlExpression,
  parameters: z.record(z.string(), filterValue).optional(),
  compatibilityLevel: z.int().optional(),
  requiresPreprocessing: z.boolean().optional(),
});

const correlationFilter = z
  .strictObject({
    correlationId: z.string().optional(),
    messageId: z.string().optional(),
    to: z.string().optional(),
    replyTo: z.string().optional(),
    label: z.string().optional(),
    sessionId: z.string().optional(),
    replyToSessionId: z.string().optional(),
    contentType: z.string().optional(),
    properties: z.record(z.string(), filterValue).optional(),
    requiresPreprocessing: z.boolean().optional(),
  })
  .superRefine((filter, context) => {
    const { properties, requiresPreprocessing: _, ...fields } = filter;
    if (Object.keys(fields).length === 0 && Object.keys(properties ?? {}).length === 0)
      refuse(context, 'says nothing to compare with', 'set at least one of label, correlationId, properties, …');
  });

const ruleSchema = z
  .strictObject({
    name: name(nameRules.rule),
    filterType: z.enum(['SqlFilter', 'CorrelationFilter', 'TrueFilter', 'FalseFilter']),
    sqlFilter: sqlFilter.optional(),
    correlationFilter: correlationFilter.optional(),
    action: z
      .strictObject({
        sqlExpression,
        compatibilityLevel: z.int().optional(),
        requiresPreprocessing: z.boolean().optional(),
      })
      .optional(),
  })
  .superRefine((rule, context) => {
    if (rule.filterType === 'SqlFilter' && !rule.sqlFilter)
      refuse(context, 'filterType is SqlFilter, but there is no sqlFilter', 'add "sqlFilter": {"sqlExpression": "…"}');
    if (rule.filterType === 'CorrelationFilter' && !rule.correlationFilter)
      refuse(
        context,
        'filterType is CorrelationFilter, but there is no correlationFilter',
        'add "correlationFilter": {…}',
      );
    if (rule.filterType !== 'SqlFilter' && rule.sqlFilter)
      refuse(context, `filterType is ${rule.filterType}, but there is a sqlFilter`, 'remove one of the two');
    if (rule.filterType !== 'CorrelationFilter' && rule.correlationFilter)
      refuse(context, `filterType is ${rule.filterType}, but there is a correlationFilter`, 'remove one of the two');
  });

const subscriptionSchema = z.strictObject({
  name: name(nameRules.subscription),
  lockDuration: lockDuration.optional(),
  maxDeliveryCount: maxDeliveryCount.optional(),
  requiresSession: flag('Messages are handed out by session.').optional(),
  defaultMessageTimeToLive: timeToLive.optional(),
  deadLetteringOnMessageExpiration: flag('Expired messages go to the dead-letter queue.').optional(),
  deadLetteringOnFilterEvaluationExceptions: flag(
    'A rule that fails dead-letters the message; default true.',
  ).optional(),
  autoDeleteOnIdle: autoDeleteOnIdle.optional(),
  forwardTo: forwardTo.optional(),
  forwardDeadLetteredMessagesTo: forwardTo.optional(),
  enableBatchedOperations: z.boolean().optional(),
  status: status.optional(),
  userMetadata: userMetadata.optional(),
  rules: z.array(ruleSchema).describe('None: everything passes (the rule $Default).').optional(),
});

const authorizationRules = z.array(authorizationRule).max(12).optional();

const queueSchema = z.strictObject({
  name: name(nameRules.messagingEntity),
  lockDuration: lockDuration.optional(),
  maxDeliveryCount: maxDeliveryCount.optional(),
  requiresSession: flag('Messages are handed out by session.').optional(),
  requiresDuplicateDetection: flag('A message whose id was seen in the window is dropped.').optional(),
  duplicateDetectionHistoryTimeWindow: duplicateWindow.optional(),
  defaultMessageTimeToLive: timeToLive.optional(),
  deadLetteringOnMessageExpiration: flag('Expired messages go to the dead-letter queue.').optional(),
  autoDeleteOnIdle: autoDeleteOnIdle.optional(),
  maxSizeInMegabytes: maxSizeInMegabytes.optional(),
  maxMessageSizeInKilobytes: maxMessageSizeInKilobytes.optional(),
  forwardTo: forwardTo.optional(),
  forwardDeadLetteredMessagesTo: forwardTo.optional(),
  enableBatchedOperations: z.boolean().optional(),
  enablePartitioning: z.boolean().optional(),
  enableExpress: z.boolean().optional(),
  status: status.optional(),
  userMetadata: userMetadata.optional(),
  authorizationRules,
});

const topicSchema = z.strictObject({
  name: name(nameRules.messagingEntity),
  requiresDuplicateDetection: flag('A message whose id was seen in the window is dropped.').optional(),
  duplicateDetectionHistoryTimeWindow: duplicateWindow.optional(),
  defaultMessageTimeToLive: timeToLive.optional(),
  autoDeleteOnIdle: autoDeleteOnIdle.optional(),
  maxSizeInMegabytes: maxSizeInMegabytes.optional(),
  maxMessageSizeInKilobytes: maxMessageSizeInKilobytes.optional(),
  supportOrdering: z.boolean().optional(),
  enableBatchedOperations: z.boolean().optional(),
  enablePartitioning: z.boolean().optional(),
  enableExpress: z.boolean().optional(),
  status: status.optional(),
  userMetadata: userMetadata.optional(),
  authorizationRules,
  subscriptions: z.array(subscriptionSchema).optional(),
});

export const serviceBusSchema = z
  .strictObject({
    tier: z.enum(['Basic', 'Standard', 'Premium']).describe('Default Premium.').optional(),
    queues: z.array(queueSchema).optional(),
    topics: z.array(topicSchema).optional(),
    authorizationRules,
  })
  .describe('The Service Bus namespace.');
