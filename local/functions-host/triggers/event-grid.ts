import { readEventGridRequest } from '../engine/event-grid-request.ts';
import type { Invoker } from '../invoker.ts';
import type { FunctionInfo } from '../types.ts';
import type { WebhookAnswer, WebhookRequest } from './webhooks.ts';

/**
 * The Event Grid trigger: `POST /runtime/webhooks/EventGrid?functionName=…`. Every event of a request runs at the same
 * time; 202 when all went well, 500 when one did not, and Event Grid sends the whole request again.
 */
export async function eventGridWebhook(
  request: WebhookRequest,
  info: FunctionInfo,
  invoker: Invoker,
): Promise<WebhookAnswer> {
  if (request.method === 'OPTIONS') return abuseProtection(request);
  let body: unknown;
  try {
    body = JSON.parse(request.body.toString('utf8'));
  } catch {
    return { status: 400, text: 'The body is no JSON.' };
  }
  const asked = readEventGridRequest(request.headers['aeg-event-type'], withBinaryMode(body, request.headers));
  switch (asked.kind) {
    case 'validation':
      return { status: 200, json: { validationResponse: asked.validationCode } };
    case 'subscription-deletion':
      return { status: 202 };
    case 'refused':
      return { status: 400, text: asked.reason };
    case 'notification': {
      const isBatch = String(info.trigger.cardinality).toLowerCase() === 'many';
      const payloads = isBatch ? [asked.events] : asked.events;
      const outcomes = await Promise.all(
        payloads.map((payload) =>
          invoker.invoke({
            function: info,
            reason: 'EventGrid trigger fired.',
            data: { json: JSON.stringify(payload) },
            triggerMetadata: { data: isBatch ? undefined : (payload as { data?: unknown }).data },
            traceParent: traceParentOf(payload, request.headers),
          }),
        ),
      );
      return { status: outcomes.every(({ kind }) => kind === 'succeeded') ? 202 : 500 };
    }
  }
}

/** CloudEvents' handshake (CloudEvents HTTP webhook, section 4). */
function abuseProtection({ headers }: WebhookRequest): WebhookAnswer {
  const origin = headers['webhook-request-origin'];
  if (!origin) return { status: 400, text: 'WebHook-Request-Origin is missing.' };
  return { status: 200, headers: { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' } };
}

/** In binary mode the attributes of a CloudEvent are headers (`ce-…`) and the body is its data. */
function withBinaryMode(body: unknown, headers: Readonly<Record<string, string>>): unknown {
  if (headers['ce-specversion'] === undefined) return body;
  const attributes = Object.entries(headers)
    .filter(([name]) => name.startsWith('ce-'))
    .map(([name, value]) => [name.slice(3), value]);
  return { ...Object.fromEntries(attributes), datacontenttype: headers['content-type'], data: body };
}

function traceParentOf(payload: unknown, headers: Readonly<Record<string, string>>): string | undefined {
  const own = (payload as { traceparent?: unknown }).traceparent;
  return typeof own === 'string' ? own : headers.traceparent;
}
