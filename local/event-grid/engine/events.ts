/** An event in the Event Grid schema (event-schema). Publishers leave `topic` and `metadataVersion` to the service. */
export interface EventGridEvent {
  readonly id: string;
  readonly topic: string;
  readonly subject: string;
  readonly eventType: string;
  /** ISO 8601, UTC. */
  readonly eventTime: string;
  readonly dataVersion: string;
  readonly metadataVersion?: string;
  readonly data: unknown;
}

/** A CloudEvent 1.0 in its structured JSON form (cloudevents/spec json-format); extension attributes stand beside the rest. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data?: unknown;
  /** Binary data; never together with `data`. */
  readonly data_base64?: string;
  readonly [extension: string]: unknown;
}

/** An event as it was published, with the schema it came in. */
export type PublishedEvent =
  | { readonly schema: 'EventGridSchema'; readonly body: EventGridEvent }
  | { readonly schema: 'CloudEventSchemaV1_0'; readonly body: CloudEvent };

export function eventTypeOf(event: PublishedEvent): string {
  return event.schema === 'EventGridSchema' ? event.body.eventType : event.body.type;
}

export function subjectOf(event: PublishedEvent): string | undefined {
  return event.body.subject;
}

/**
 * The value at a filter's or a dynamic property's key: `subject`, `data.order.total`. The envelope's keys are found in any
 * letter case (the documentation writes `EventType`, the event `eventType`), keys inside `data` exactly. A dot always
 * separates; it cannot be escaped.
 *
 * @returns `undefined` when there is no such key
 */
export function valueAt(event: PublishedEvent, key: string): unknown {
  const [first = '', ...path] = key.split('.');
  const envelope = event.body as Readonly<Record<string, unknown>>;
  const wanted = first.toLowerCase();
  const name = Object.hasOwn(envelope, first)
    ? first
    : Object.keys(envelope).find((candidate) => candidate.toLowerCase() === wanted);
  let value: unknown = name === undefined ? undefined : envelope[name];
  for (const step of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value;
}
