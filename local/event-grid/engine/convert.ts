import type { EventSchema } from './definitions.ts';
import type { CloudEvent, EventGridEvent, PublishedEvent } from './events.ts';

/**
 * The event as it goes out. Event Grid schema to CloudEvents: `topic` becomes `source`, `eventType` `type`, `eventTime`
 * `time`, `dataVersion` the fragment of `dataschema`; `metadataVersion` has no place there (cloud-event-schema, and the samples
 * of system events, whose `dataschema` is `#`). CloudEvents go out as they came in.
 */
export function toDeliverySchema(event: PublishedEvent, schema: EventSchema): EventGridEvent | CloudEvent {
  if (event.schema === schema) return event.body;
  if (event.schema === 'CloudEventSchemaV1_0')
    throw new Error('An event published as a CloudEvent is never delivered in the Event Grid schema.');
  const { id, topic, subject, eventType, eventTime, dataVersion, data } = event.body;
  const dataschema = `#${dataVersion}`;
  return { specversion: '1.0', id, source: topic, subject, type: eventType, time: eventTime, dataschema, data };
}
