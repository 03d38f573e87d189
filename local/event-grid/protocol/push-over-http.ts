import type { Attempt } from '../engine/api.ts';
import type { AttemptResult } from '../engine/outcomes.ts';
import { deliveryHeaders } from './delivery-headers.ts';
import type { Requester } from './requester.ts';

/** Posts an attempt's events to a URL: an array in the Event Grid schema, CloudEvents alone or as a batch. */
export async function pushOverHttp(requester: Requester, url: string, attempt: Attempt): Promise<AttemptResult> {
  const { subscription, events } = attempt;
  const isBatch = 'maxEventsPerBatch' in subscription.destination && subscription.destination.maxEventsPerBatch > 1;
  const isCloudEvent = subscription.eventDeliverySchema === 'CloudEventSchemaV1_0';
  const bodies = events.map(({ body }) => body);
  const contentType = !isCloudEvent
    ? 'application/json; charset=utf-8'
    : isBatch
      ? 'application/cloudevents-batch+json; charset=utf-8'
      : 'application/cloudevents+json; charset=utf-8';
  const answer = await requester.send(url, {
    method: 'POST',
    headers: { ...asHeaderText(deliveryHeaders(attempt)), 'content-type': contentType },
    body: JSON.stringify(isCloudEvent && !isBatch ? bodies[0] : bodies),
  });
  if (answer.kind === 'failed') return answer;
  return {
    kind: 'answered',
    status: answer.status,
    detail: `HTTP ${answer.status} ${answer.text.slice(0, 500)}`.trim(),
  };
}

/** A header holds printable ASCII: any other value, of a dynamic property say, goes percent-encoded. */
function asHeaderText(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      /^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value),
    ]),
  );
}
