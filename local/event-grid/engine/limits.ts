import type { AdvancedFilter, EventSchema, EventSubscriptionDefinition } from './definitions.ts';
import { byteLength, LONGEST_ATTRIBUTE_BYTES } from './delivery-attributes.ts';

/** Limits of quotas-limits and event-filtering; the cloud's, enforced here as there. */
export const MOST_SUBSCRIPTIONS_OF_A_TOPIC = 500;
const MOST_ADVANCED_FILTERS = 25;
const MOST_ADVANCED_VALUES = 25;
const LONGEST_FILTER_TEXT = 512;
const MOST_DELIVERY_ATTRIBUTES = 10;
/** A header's name, and none that the service or HTTP itself sets. */
const ATTRIBUTE_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const OWN_NAMES = /^(aeg-.*|host|content-type|content-length|connection|transfer-encoding|expect|upgrade)$/i;

/** What is wrong with a subscription, in sentences; empty when nothing is. */
export function problemsOf(subscription: EventSubscriptionDefinition, inputSchema: EventSchema): readonly string[] {
  const problems: string[] = [];
  const check = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  const { destination, filter, retryPolicy } = subscription;
  check(
    inputSchema === 'EventGridSchema' || subscription.eventDeliverySchema === 'CloudEventSchemaV1_0',
    'a topic that takes CloudEvents delivers CloudEvents only (eventDeliverySchema CloudEventSchemaV1_0)',
  );
  check(filter.advancedFilters.length <= MOST_ADVANCED_FILTERS, `at most ${MOST_ADVANCED_FILTERS} advanced filters`);
  const values = filter.advancedFilters.flatMap(valuesOf);
  check(values.length <= MOST_ADVANCED_VALUES, `at most ${MOST_ADVANCED_VALUES} values in all advanced filters`);
  check(
    values.every((value) => typeof value !== 'string' || value.length <= LONGEST_FILTER_TEXT),
    `at most ${LONGEST_FILTER_TEXT} characters in a value of an advanced filter`,
  );
  check(
    filter.advancedFilters.every(({ key }) => key !== ''),
    'an advanced filter needs a key',
  );
  const attempts = retryPolicy.maxDeliveryAttempts;
  check(Number.isInteger(attempts) && attempts >= 1 && attempts <= 30, 'maxDeliveryAttempts from 1 to 30');
  const minutes = retryPolicy.eventTimeToLiveInMinutes;
  check(Number.isInteger(minutes) && minutes >= 1 && minutes <= 1440, 'eventTimeToLiveInMinutes from 1 to 1440');
  if ('maxEventsPerBatch' in destination) {
    const { maxEventsPerBatch: most, preferredBatchSizeInKilobytes: kilobytes } = destination;
    check(Number.isInteger(most) && most >= 1 && most <= 5000, 'maxEventsPerBatch from 1 to 5000');
    check(kilobytes >= 1 && kilobytes <= 1024, 'preferredBatchSizeInKilobytes from 1 to 1024');
  }
  const attributes = destination.deliveryAttributeMappings ?? [];
  check(attributes.length <= MOST_DELIVERY_ATTRIBUTES, `at most ${MOST_DELIVERY_ATTRIBUTES} delivery properties`);
  for (const { name } of attributes)
    check(ATTRIBUTE_NAME.test(name) && !OWN_NAMES.test(name), `'${name}' cannot be the name of a delivery property`);
  for (const attribute of attributes)
    check(
      attribute.type === 'Dynamic' || byteLength(attribute.value) <= LONGEST_ATTRIBUTE_BYTES,
      `the delivery property '${attribute.name}' has at most ${LONGEST_ATTRIBUTE_BYTES} bytes`,
    );
  return problems;
}

function valuesOf(filter: AdvancedFilter): readonly unknown[] {
  if ('values' in filter) return filter.values;
  return 'value' in filter ? [filter.value] : [];
}
