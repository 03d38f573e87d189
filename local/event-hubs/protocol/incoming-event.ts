import { encodeApplicationProperties, encodeDataBody, encodeProperties } from '../../amqp/codec/index.ts';
import type { NewEvent } from '../engine/event.ts';

/** An event that comes from inside the local cloud and not over AMQP. */
export interface IncomingEvent {
  readonly body: Uint8Array;
  readonly contentType?: string;
  readonly messageId?: string;
  readonly partitionKey?: string;
  readonly applicationProperties?: Readonly<Record<string, string | number | boolean>>;
}

/** The event as if it had been published over AMQP. */
export function toNewEvent(event: IncomingEvent): NewEvent {
  const parts = [encodeDataBody(event.body)];
  const properties = Object.entries(event.applicationProperties ?? {});
  if (properties.length > 0) parts.unshift(encodeApplicationProperties(properties));
  if (event.contentType !== undefined || event.messageId !== undefined)
    parts.unshift(encodeProperties({ messageId: event.messageId, contentType: event.contentType }));
  return {
    partitionKey: event.partitionKey,
    isTombstone: event.body.length === 0,
    head: new Uint8Array(0),
    payload: Buffer.concat(parts),
  };
}
