import type { Attempt } from '../engine/api.ts';

/**
 * The `aeg-…` values of an attempt (message-headers): headers of a request, application properties of a message. As
 * captured from the service, the subscription's name is in capitals and the first attempt counts 0.
 */
export function deliveryHeaders(attempt: Attempt): Record<string, string> {
  const first = attempt.events[0]!;
  const isCloudEvent = 'specversion' in first.body;
  return {
    'aeg-event-type': 'Notification',
    'aeg-subscription-name': attempt.subscription.name.toUpperCase(),
    'aeg-delivery-count': String(attempt.previousAttempts),
    ...(isCloudEvent ? {} : { 'aeg-data-version': String(first.body.dataVersion ?? '') }),
    'aeg-metadata-version': isCloudEvent ? '1.0' : '1',
    ...(attempt.events.length === 1 ? { 'aeg-output-event-id': first.id } : {}),
    ...attempt.attributes,
  };
}
