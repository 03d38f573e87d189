import type { ValidationAnswer, ValidationRequest } from '../engine/api.ts';
import type { Requester } from './requester.ts';

/** Who asks, as the service's CloudEvents handshake says it. */
const REQUEST_ORIGIN = 'eventgrid.azure.net';

export interface ValidationContext {
  readonly topicId: string;
  /** Opening it confirms the code. */
  readonly validationUrl: string;
  readonly eventId: string;
  readonly at: Date;
}

/** The handshake in the subscription's delivery schema. */
export function validateWebhook(
  requester: Requester,
  request: ValidationRequest,
  context: ValidationContext,
): Promise<ValidationAnswer> {
  return request.subscription.eventDeliverySchema === 'EventGridSchema'
    ? askWithEvent(requester, request, context)
    : askWithOptions(requester, request, context);
}

/** A SubscriptionValidation event whose code comes back in the answer; only status 200 counts (webhook-event-delivery). */
async function askWithEvent(
  requester: Requester,
  { subscription, code }: ValidationRequest,
  { topicId, validationUrl, eventId, at }: ValidationContext,
): Promise<ValidationAnswer> {
  const event = {
    id: eventId,
    topic: topicId,
    subject: '',
    data: { validationCode: code, validationUrl },
    eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
    eventTime: at.toISOString(),
    metadataVersion: '1',
    dataVersion: '2',
  };
  const answer = await requester.send(subscription.destination.endpointUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'aeg-event-type': 'SubscriptionValidation',
      'aeg-subscription-name': subscription.name.toUpperCase(),
      'aeg-delivery-count': '0',
      'aeg-data-version': '2',
      'aeg-metadata-version': '1',
    },
    body: JSON.stringify([event]),
  });
  if (answer.kind === 'failed') return { kind: 'refused', detail: answer.detail };
  if (answer.status === 200 && echoedCode(answer.text) === code.toLowerCase()) return { kind: 'accepted' };
  return refused(answer.status, `expected 200 with {"validationResponse": "<code>"}, or a GET of ${validationUrl}`);
}

function echoedCode(text: string): string | undefined {
  try {
    const value: unknown = (JSON.parse(text) as { readonly validationResponse?: unknown } | null)?.validationResponse;
    return typeof value === 'string' ? value.toLowerCase() : undefined;
  } catch {
    return undefined;
  }
}

/** `OPTIONS` with the origin that asks; the answer names it, or `*` (cloudevents http-webhook, clause 4). */
async function askWithOptions(
  requester: Requester,
  { subscription }: ValidationRequest,
  { validationUrl }: ValidationContext,
): Promise<ValidationAnswer> {
  const answer = await requester.send(subscription.destination.endpointUrl, {
    method: 'OPTIONS',
    headers: { 'webhook-request-origin': REQUEST_ORIGIN, 'webhook-request-callback': validationUrl },
  });
  if (answer.kind === 'failed') return { kind: 'refused', detail: answer.detail };
  const allowed = answer.headers.get('webhook-allowed-origin')?.trim().toLowerCase();
  const isSuccess = answer.status >= 200 && answer.status <= 204;
  if (isSuccess && (allowed === '*' || allowed === REQUEST_ORIGIN)) return { kind: 'accepted' };
  return refused(
    answer.status,
    `expected WebHook-Allowed-Origin: ${REQUEST_ORIGIN} (or *), or a GET or POST of ${validationUrl}`,
  );
}

function refused(status: number, expected: string): ValidationAnswer {
  return { kind: 'refused', detail: `it answered HTTP ${status}; ${expected}` };
}
