import type { IncomingHttpHeaders } from 'node:http';
import type { EventSchema } from '../engine/definitions.ts';
import type { CloudEvent, EventGridEvent, PublishedEvent } from '../engine/events.ts';
import { badRequest, RequestRefused, tooLarge } from './errors.ts';

/** Event and request alike (quotas-limits). */
export const MOST_BYTES = 1_048_576;
const MOST_EVENTS = 5000;
const EVENT_GRID_PROPERTIES = new Set(
  'id topic subject data eventType eventTime dataVersion metadataVersion'.split(' '),
);
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?$/;

/**
 * The events of a publish request in the topic's input schema: Event Grid schema (an array), or CloudEvents in structured,
 * batch or binary mode.
 *
 * @param topicId stands in each event's `topic`
 * @throws RequestRefused 400 or 413, as the service refuses
 */
export function readEvents(
  headers: IncomingHttpHeaders,
  body: Buffer,
  schema: EventSchema,
  topicId: string,
): readonly PublishedEvent[] {
  if (schema === 'CloudEventSchemaV1_0' && headers['ce-specversion'] !== undefined)
    return [{ schema, body: binaryCloudEvent(headers, body) }];
  const json = parse(body);
  const isBatch = Array.isArray(json);
  if (schema === 'EventGridSchema' && !isBatch)
    throw badRequest('Unexpected token when reading JSON. Expected: StartArray, actual: StartObject.');
  const isDeclaredBatch = headers['content-type']?.toLowerCase().startsWith('application/cloudevents-batch+json');
  if (schema === 'CloudEventSchemaV1_0' && isDeclaredBatch && !isBatch)
    throw notCloudEvent('Token Expected: StartArray, Actual Token Received: StartObject.');
  const list: readonly unknown[] = isBatch ? json : [json];
  if (list.length > MOST_EVENTS)
    throw new RequestRefused(413, 'RequestEntityTooLarge', `A request has at most ${MOST_EVENTS} events.`);
  return list.map((entry): PublishedEvent => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
      throw badRequest('Unexpected token when reading JSON. Expected: StartObject.');
    return schema === 'EventGridSchema'
      ? { schema, body: eventGridEvent(entry as Record<string, unknown>, topicId) }
      : { schema, body: cloudEvent(entry as Record<string, unknown>) };
  });
}

function parse(body: Buffer): unknown {
  if (body.length > MOST_BYTES) throw tooLarge(MOST_BYTES);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw badRequest(`The request body is not valid JSON: ${(error as Error).message}.`);
  }
}

function eventGridEvent(entry: Record<string, unknown>, topicId: string): EventGridEvent {
  const unexpected = Object.keys(entry).find((name) => !EVENT_GRID_PROPERTIES.has(name));
  if (unexpected !== undefined)
    throw badRequest(
      `This resource is configured for 'EventGridEvent' schema. Received unexpected property '${unexpected}' in JSON ` +
        'which does not conform to the expected schema.',
    );
  for (const name of ['id', 'subject', 'eventType', 'eventTime'])
    if (typeof entry[name] !== 'string' || (entry[name] === '' && name !== 'subject'))
      throw badRequest(
        `This resource is configured for 'EventGridEvent' schema. Required property '${name}' is missing.`,
      );
  const time = entry.eventTime as string;
  if (!isTime(time)) throw badRequest(`The eventTime '${time}' is not a time.`);
  for (const name of ['dataVersion', 'metadataVersion'])
    if (entry[name] !== undefined && entry[name] !== null && typeof entry[name] !== 'string')
      throw badRequest(`The property '${name}' must be a string.`);
  return {
    id: entry.id as string,
    topic: topicId,
    subject: entry.subject as string,
    data: entry.data ?? null,
    eventType: entry.eventType as string,
    eventTime: time,
    dataVersion: (entry.dataVersion as string | undefined | null) ?? '',
    metadataVersion: '1',
  };
}

function cloudEvent(entry: Record<string, unknown>): CloudEvent {
  if (entry.specversion !== '1.0') throw notCloudEvent("The attribute 'specversion' must be '1.0'.");
  for (const name of ['id', 'source', 'type'])
    if (typeof entry[name] !== 'string' || entry[name] === '')
      throw notCloudEvent(`The required attribute '${name}' is missing.`);
  for (const name of ['subject', 'time', 'datacontenttype', 'dataschema', 'data_base64'])
    if (entry[name] !== undefined && entry[name] !== null && typeof entry[name] !== 'string')
      throw notCloudEvent(`The attribute '${name}' must be a string.`);
  if (typeof entry.time === 'string' && !isTime(entry.time))
    throw notCloudEvent(`The time '${entry.time}' is not a time.`);
  for (const name of Object.keys(entry))
    if (!/^[a-z0-9]+$/.test(name) && name !== 'data_base64')
      throw notCloudEvent(`The attribute name '${name}' must be of lower-case letters and digits.`);
  if (entry.data !== undefined && entry.data_base64 !== undefined)
    throw notCloudEvent("Of 'data' and 'data_base64' there can be one only.");
  return Object.fromEntries(
    Object.entries(entry).filter(([name, value]) => name === 'data' || value !== null),
  ) as unknown as CloudEvent;
}

/** Binary mode: attributes in `ce-` headers, percent-encoded; the body is the data (cloudevents http-protocol-binding 3.1). */
function binaryCloudEvent(headers: IncomingHttpHeaders, body: Buffer): CloudEvent {
  if (body.length > MOST_BYTES) throw tooLarge(MOST_BYTES);
  const entry: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('ce-') && typeof value === 'string') entry[name.slice(3)] = decodeHeader(value);
  const contentType = headers['content-type'];
  if (contentType !== undefined) entry.datacontenttype = contentType;
  if (body.length > 0) {
    if (contentType === undefined || /^[^;]*[/+]json\s*(;|$)/i.test(contentType)) entry.data = parse(body);
    else if (/^text\//i.test(contentType)) entry.data = body.toString('utf8');
    else entry.data_base64 = body.toString('base64');
  }
  return cloudEvent(entry);
}

function decodeHeader(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function isTime(text: string): boolean {
  return RFC3339.test(text) && !Number.isNaN(Date.parse(text));
}

function notCloudEvent(detail: string): RequestRefused {
  return badRequest(
    "This resource is configured to receive event in 'CloudEventV10' schema. The JSON received does not conform to the " +
      `expected schema. ${detail}`,
  );
}
