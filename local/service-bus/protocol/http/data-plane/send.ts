import type { Broker, NewMessage } from '../../../engine/api.ts';
import type { HttpReply, HttpRequest } from '../exchange.ts';
import { encodeMessage } from '../message-content.ts';
import { readBrokerProperties } from './broker-properties.ts';
import { readCustomProperties } from './custom-properties.ts';
import type { Fail } from './handler.ts';
import { refuse } from './refuse.ts';

const BATCH = 'application/vnd.microsoft.servicebus.json';

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** `POST /<entity>/messages`: one message, or a batch. Source: learn.microsoft.com/rest/api/servicebus/send-message-to-queue. */
export function send(broker: Broker, request: HttpRequest, entity: string, fail: Fail): HttpReply {
  const contentType = request.header('content-type');
  const isBatch = contentType?.toLowerCase().startsWith(BATCH) === true;
  const messages = isBatch ? readBatch(request.body) : readOne(request, contentType);
  if (!messages.ok) return fail(400, `SubCode=40000. Bad Request. ${messages.problem}`);
  const sent = broker.send(entity, messages.value);
  return sent.ok ? { status: 201, headers: { 'content-type': 'application/xml; charset=utf-8' } } : refuse(sent, fail);
}

function readOne(request: HttpRequest, contentType: string | undefined): Read<NewMessage[]> {
  const text = request.header('brokerproperties');
  const properties = text === undefined ? ({ ok: true, properties: {} } as const) : readBrokerPropertiesText(text);
  if (!properties.ok) return properties;
  const known = contentType === undefined ? {} : { contentType };
  const custom = readCustomProperties(request.rawHeaders);
  return { ok: true, value: [encodeMessage(request.body, { ...known, ...properties.properties }, custom)] };
}

function readBrokerPropertiesText(text: string): ReturnType<typeof readBrokerProperties> {
  try {
    return readBrokerProperties(JSON.parse(text));
  } catch {
    return { ok: false, problem: 'BrokerProperties is not JSON.' };
  }
}

/** `[{ "Body": "…", "BrokerProperties": { … }, "UserProperties": { … } }]` */
function readBatch(body: Buffer): Read<NewMessage[]> {
  let items: unknown;
  try {
    items = JSON.parse(body.toString('utf8'));
  } catch {
    return { ok: false, problem: 'The body of a batch is a JSON array; this is not JSON.' };
  }
  if (!Array.isArray(items) || items.length === 0)
    return { ok: false, problem: 'The body of a batch is a JSON array of messages.' };
  const messages: NewMessage[] = [];
  for (const [index, item] of items.entries()) {
    const message = readItem(item);
    if (!message.ok) return { ok: false, problem: `Message ${index}: ${message.problem}` };
    messages.push(message.value);
  }
  return { ok: true, value: messages };
}

function readItem(item: unknown): Read<NewMessage> {
  if (typeof item !== 'object' || item === null) return { ok: false, problem: 'It is not a JSON object.' };
  const { Body, BrokerProperties, UserProperties } = item as Record<string, unknown>;
  const properties = readBrokerProperties(BrokerProperties ?? {});
  if (!properties.ok) return properties;
  const body = typeof Body === 'string' ? Body : Body === undefined || Body === null ? '' : JSON.stringify(Body);
  const custom = Object.entries(typeof UserProperties === 'object' && UserProperties !== null ? UserProperties : {});
  const scalars = custom.filter(([, value]) => value === null || typeof value !== 'object');
  if (scalars.length < custom.length)
    return { ok: false, problem: 'A user property is neither text, number nor truth value.' };
  return { ok: true, value: encodeMessage(Buffer.from(body, 'utf8'), properties.properties, new Map(scalars)) };
}
