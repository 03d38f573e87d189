import type { AmqpError } from '../../amqp/api.ts';
import type { OpenReaderRefusal, PublishRefusal } from '../engine/outcomes.ts';

/** What the ends of Event Hubs' error texts are made of. */
export interface TrackingContext {
  readonly namespaceName: string;
  readonly newId: () => string;
  readonly now: () => number;
}

/** Which entity an error is about. */
export interface Place {
  readonly hub: string;
  readonly partitionId?: string | undefined;
  readonly consumerGroup?: string | undefined;
}

/** Anything that this service answers with an error. */
export type Refusal =
  | PublishRefusal
  | OpenReaderRefusal
  | {
      readonly outcome: 'stolen';
      readonly reader: string | undefined;
      readonly ownerLevel: number | undefined;
      readonly byReader: string | undefined;
      readonly byOwnerLevel: number;
    }
  | { readonly outcome: 'selector-invalid'; readonly selector: string }
  | { readonly outcome: 'message-invalid'; readonly reason: string }
  | { readonly outcome: 'link-not-allowed'; readonly address: string; readonly reason: string }
  | { readonly outcome: 'not-implemented'; readonly feature: string };

/** The one table from outcomes to AMQP conditions; the texts are the service's where they are known. */
export function toAmqpError(refusal: Refusal, place: Place, context: TrackingContext): AmqpError {
  const { condition, text } = toCondition(refusal, place, context);
  return { condition, description: `${text}${tracking(place, context)}` };
}

function toCondition(
  refusal: Refusal,
  place: Place,
  context: TrackingContext,
): { readonly condition: string; readonly text: string } {
  switch (refusal.outcome) {
    case 'hub-not-found':
    case 'consumer-group-not-found':
      return {
        condition: 'amqp:not-found',
        text: `The messaging entity '${entity(place, context)}' could not be found.`,
      };
    case 'partition-not-found':
      return {
        condition: 'com.microsoft:argument-out-of-range',
        text: 'The specified partition is invalid for an EventHub partition sender or receiver. It should be between 0 and the number of partitions less one.',
      };
    case 'publication-too-large':
      return {
        condition: 'amqp:link:message-size-exceeded',
        text: `The received message (delivery-id:0, size:${refusal.sizeBytes} bytes) exceeds the limit (${refusal.limitBytes} bytes) currently allowed on the link.`,
      };
    case 'publisher-key-mismatch':
      return {
        condition: 'com.microsoft:argument-error',
        text: `The partition key '${refusal.partitionKey}' must be the name of the publisher, '${refusal.publisher}'.`,
      };
    case 'throttled':
      return {
        condition: 'com.microsoft:server-busy',
        text: 'The request was terminated because the entity is being throttled. Error code : 50002. Please wait 4 seconds and try again.',
      };
    case 'storage-failed':
      return { condition: 'amqp:internal-error', text: `The event could not be stored: ${refusal.reason}` };
    case 'sequence-number-beyond-end':
      return {
        condition: 'com.microsoft:argument-error',
        text: `The supplied sequence number '${refusal.sequenceNumber}' is invalid. The last sequence number in the system is '${refusal.lastSequenceNumber}'`,
      };
    case 'offset-beyond-end':
      return {
        condition: 'com.microsoft:argument-error',
        text: `The supplied offset '${refusal.offset}' is invalid. The last offset in the system is '${refusal.lastOffset}'`,
      };
    case 'owner-level-required':
      return {
        condition: 'amqp:link:stolen',
        text: `At least one receiver for the endpoint is created with epoch of '${refusal.currentOwnerLevel}', and so non-epoch receiver is not allowed. Either reconnect with a higher epoch, or make sure all epoch receivers are closed or disconnected.`,
      };
    case 'owner-level-too-low':
      return {
        condition: 'amqp:link:stolen',
        text: `Receiver '${refusal.currentReader ?? 'nil'}' with a higher epoch '${refusal.currentOwnerLevel}' already exists. Receiver '${refusal.reader ?? 'nil'}' with epoch ${refusal.ownerLevel} cannot be created. Make sure you are creating receiver with increasing epoch value to ensure connectivity, or ensure all old epoch receivers are closed or disconnected.`,
      };
    case 'stolen':
      return {
        condition: 'amqp:link:stolen',
        text: `New receiver '${refusal.byReader ?? 'nil'}' with higher epoch of '${refusal.byOwnerLevel}' is created hence current receiver '${refusal.reader ?? 'nil'}' with epoch '${refusal.ownerLevel ?? 0}' is getting disconnected. If you are recreating the receiver, make sure a higher epoch is used.`,
      };
    case 'too-many-readers':
      return {
        condition: 'amqp:resource-limit-exceeded',
        text: `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${refusal.limit}. List of connected receivers - ${refusal.connectedReaders.map((name) => name ?? 'nil').join(', ')}.`,
      };
    case 'selector-invalid':
      return {
        condition: 'com.microsoft:argument-error',
        text: `The filter '${refusal.selector}' is none that an event hub takes.`,
      };
    case 'message-invalid':
      return { condition: 'amqp:decode-error', text: `The message cannot be read: ${refusal.reason}` };
    case 'link-not-allowed':
      return { condition: 'amqp:not-allowed', text: `'${refusal.address}' ${refusal.reason}` };
    case 'not-implemented':
      return { condition: 'amqp:not-implemented', text: `${refusal.feature} is not implemented by the local cloud.` };
  }
}

/** `<namespace>:eventhub:<hub>~<partition>|<consumer group>`, as far as it is known. */
function entity({ hub, partitionId, consumerGroup }: Place, { namespaceName }: TrackingContext): string {
  const partition = partitionId === undefined ? '' : `~${partitionId}`;
  return `${namespaceName}:eventhub:${hub}${partition}${consumerGroup === undefined ? '' : `|${consumerGroup}`}`;
}

function tracking(place: Place, context: TrackingContext): string {
  const timestamp = new Date(context.now()).toISOString().slice(0, 19);
  return ` TrackingId:${context.newId()}_B0, SystemTracker:${entity(place, context)}, Timestamp:${timestamp}`;
}
