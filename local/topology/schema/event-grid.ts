import { z } from 'zod';
import { nameRules } from '../names.ts';
import { name, refuse, wholeNumber } from './values.ts';

// Limits: the page "Event filtering for Event Grid subscriptions", and Microsoft.EventGrid/eventSubscriptions.
export const eventSchema = z.enum(['EventGridSchema', 'CloudEventSchemaV1_0']);

const key = z.string().min(1).describe('id, subject, eventType, …, or data.x.y');
const text = z.string().max(512);

const numberList = (operatorType: 'NumberIn' | 'NumberNotIn') =>
  z.strictObject({ operatorType: z.literal(operatorType), key, values: z.array(z.number()).min(1) });
const oneNumber = (
  operatorType: 'NumberLessThan' | 'NumberGreaterThan' | 'NumberLessThanOrEquals' | 'NumberGreaterThanOrEquals',
) => z.strictObject({ operatorType: z.literal(operatorType), key, value: z.number() });
const numberRanges = (operatorType: 'NumberInRange' | 'NumberNotInRange') =>
  z.strictObject({
    operatorType: z.literal(operatorType),
    key,
    values: z.array(z.tuple([z.number(), z.number()])).min(1),
  });
const texts = (
  operatorType:
    | 'StringContains'
    | 'StringNotContains'
    | 'StringBeginsWith'
    | 'StringNotBeginsWith'
    | 'StringEndsWith'
    | 'StringNotEndsWith'
    | 'StringIn'
    | 'StringNotIn',
) => z.strictObject({ operatorType: z.literal(operatorType), key, values: z.array(text).min(1) });
const keyOnly = (operatorType: 'IsNullOrUndefined' | 'IsNotNull') =>
  z.strictObject({ operatorType: z.literal(operatorType), key });

const advancedFilter = z.discriminatedUnion('operatorType', [
  numberList('NumberIn'),
  numberList('NumberNotIn'),
  oneNumber('NumberLessThan'),
  oneNumber('NumberGreaterThan'),
  oneNumber('NumberLessThanOrEquals'),
  oneNumber('NumberGreaterThanOrEquals'),
  numberRanges('NumberInRange'),
  numberRanges('NumberNotInRange'),
  z.strictObject({ operatorType: z.literal('BoolEquals'), key, value: z.boolean() }),
  texts('StringContains'),
  texts('StringNotContains'),
  texts('StringBeginsWith'),
  texts('StringNotBeginsWith'),
  texts('StringEndsWith'),
  texts('StringNotEndsWith'),
  texts('StringIn'),
  texts('StringNotIn'),
  keyOnly('IsNullOrUndefined'),
  keyOnly('IsNotNull'),
]);

const filterSchema = z.strictObject({
  includedEventTypes: z.array(z.string().min(1)).min(1).describe('None: every type.').optional(),
  subjectBeginsWith: z.string().optional(),
  subjectEndsWith: z.string().optional(),
  isSubjectCaseSensitive: z.boolean().optional(),
  enableAdvancedFilteringOnArrays: z.boolean().optional(),
  advancedFilters: z
    .array(advancedFilter)
    .superRefine((filters, context) => {
      const values = filters.reduce((sum, filter) => sum + ('values' in filter ? filter.values.length : 1), 0);
      if (filters.length > 25) refuse(context, `has ${filters.length} filters`, 'a subscription has at most 25');
      if (values > 25) refuse(context, `has ${values} values in all`, 'a subscription has at most 25 over its filters');
    })
    .optional(),
});

const deliveryAttribute = z.discriminatedUnion('type', [
  z.strictObject({
    name: z.string().min(1),
    type: z.literal('Static'),
    properties: z.strictObject({ value: z.string().max(4096), isSecret: z.boolean().optional() }),
  }),
  z.strictObject({
    name: z.string().min(1),
    type: z.literal('Dynamic'),
    properties: z.strictObject({ sourceField: z.string().min(1) }),
  }),
]);
const deliveryAttributeMappings = z.array(deliveryAttribute).max(10).optional();

const batching = {
  maxEventsPerBatch: wholeNumber(1, 5000, 'Default 1.').optional(),
  preferredBatchSizeInKilobytes: wholeNumber(1, 1024, 'Default 64.').optional(),
};

const endpointUrl = z.string().superRefine((value, context) => {
  const protocol = URL.canParse(value) ? new URL(value).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:')
    refuse(context, `"${value}" is not a URL`, 'write for example "http://127.0.0.1:3000/events"');
});

const entity = (endpointType: 'ServiceBusQueue' | 'ServiceBusTopic' | 'EventHub') =>
  z.strictObject({ endpointType: z.literal(endpointType), name: z.string().min(1), deliveryAttributeMappings });

const destinationSchema = z.discriminatedUnion('endpointType', [
  z.strictObject({
    endpointType: z.literal('AzureFunction'),
    name: z.string().min(1).describe('Name of the function.'),
    ...batching,
    deliveryAttributeMappings,
  }),
  z.strictObject({ endpointType: z.literal('WebHook'), endpointUrl, ...batching, deliveryAttributeMappings }),
  entity('ServiceBusQueue'),
  entity('ServiceBusTopic'),
  z.strictObject({
    endpointType: z.literal('StorageQueue'),
    name: z.string().min(1),
    queueMessageTimeToLiveInSeconds: z.int().min(-1).describe('-1: for ever; default 7 days.').optional(),
    deliveryAttributeMappings,
  }),
  entity('EventHub'),
]);

const eventSubscription = z.strictObject({
  name: name(nameRules.eventSubscription),
  destination: destinationSchema,
  filter: filterSchema.optional(),
  eventDeliverySchema: eventSchema.optional(),
  retryPolicy: z
    .strictObject({
      maxDeliveryAttempts: wholeNumber(1, 30, 'Default 30.').optional(),
      eventTimeToLiveInMinutes: wholeNumber(1, 1440, 'Default 1440.').optional(),
    })
    .optional(),
  deadLetterDestination: z
    .strictObject({
      container: name(nameRules.container).describe('A container; created if storage.containers does not list it.'),
    })
    .optional(),
  labels: z.array(z.string()).optional(),
});
const eventSubscriptions = z.array(eventSubscription).max(500).optional();

export const SYSTEM_EVENT_TYPES = {
  'Microsoft.Storage.StorageAccounts': ['Microsoft.Storage.BlobCreated', 'Microsoft.Storage.BlobDeleted'],
  'Microsoft.ServiceBus.Namespaces': [
    'Microsoft.ServiceBus.ActiveMessagesAvailableWithNoListeners',
    'Microsoft.ServiceBus.DeadletterMessagesAvailableWithNoListeners',
    'Microsoft.ServiceBus.ActiveMessagesAvailablePeriodicNotifications',
    'Microsoft.ServiceBus.DeadletterMessagesAvailablePeriodicNotifications',
  ],
  'Microsoft.EventHub.Namespaces': ['Microsoft.EventHub.CaptureFileCreated'],
} as const;

export const eventGridSchema = z
  .strictObject({
    topics: z
      .array(
        z.strictObject({
          name: name(nameRules.eventGridTopic),
          inputSchema: eventSchema.describe('Default EventGridSchema.').optional(),
          eventSubscriptions,
        }),
      )
      .optional(),
    systemTopics: z
      .array(
        z.strictObject({
          name: name(nameRules.systemTopic),
          topicType: z.enum([
            'Microsoft.Storage.StorageAccounts',
            'Microsoft.ServiceBus.Namespaces',
            'Microsoft.EventHub.Namespaces',
          ]),
          eventSubscriptions,
        }),
      )
      .optional(),
  })
  .describe('Custom topics, system topics and their event subscriptions.');
