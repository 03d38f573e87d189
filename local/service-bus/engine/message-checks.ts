import type { NewMessage } from './api.ts';
import type { Tier } from './definitions.ts';
import type { Destination } from './forwarding.ts';
import { LIMITS, maxMessageBytes } from './limits.ts';
import type { Refusal } from './outcomes.ts';
import { quotaExceeded, refuse, sessionIdMissing } from './refusals.ts';
import type { MessageReader } from './values.ts';

/** What keeps messages out of a queue or topic: all of them, for a batch is taken whole or not at all. */
export function checkMessages(
  destination: Destination,
  messages: readonly NewMessage[],
  tier: Tier,
  reader: MessageReader,
): Refusal | undefined {
  const { path } = destination;
  const most = maxMessageBytes(tier, destination.definition.maxMessageSizeInKilobytes);
  if (messages.length > LIMITS.messagesPerBatch)
    return refuse('message-size-exceeded', path, `A batch has at most ${LIMITS.messagesPerBatch} messages.`);
  let bytes = 0;
  for (const { content, properties } of messages) {
    bytes += content.length;
    if (content.length > most)
      return refuse(
        'message-size-exceeded',
        path,
        `The received message (${content.length} bytes) exceeds the limit (${most} bytes) of '${path}'.`,
      );
    if (destination.requiresSession && properties.sessionId === undefined) return sessionIdMissing(path);
    const problem = checkIds(path, properties) ?? checkHeader(destination, content, reader);
    if (problem) return problem;
  }
  return destination.account.hasRoomFor(bytes) ? undefined : quotaOf(destination);
}

export const quotaOf = (destination: Destination): Refusal =>
  quotaExceeded(destination.kind === 'queue' ? 'Queue' : 'Topic', destination.path);

export function checkScheduled(path: string, messages: readonly NewMessage[]): Refusal | undefined {
  if (messages.every(({ properties }) => properties.scheduledEnqueueAt !== undefined)) return undefined;
  return refuse('invalid-argument', path, 'A message to be scheduled has no scheduled enqueue time.');
}

function checkIds(path: string, properties: NewMessage['properties']): Refusal | undefined {
  for (const name of ['messageId', 'sessionId', 'partitionKey', 'replyToSessionId'] as const) {
    const value = properties[name];
    if (value !== undefined && value.length > LIMITS.idLength)
      return refuse(
        'argument-out-of-range',
        path,
        `The message's ${name} has ${value.length} characters; at most ${LIMITS.idLength} are allowed.`,
      );
  }
  const { partitionKey, sessionId } = properties;
  // V: the SDKs check the same before they send; an empty session id goes with any key (live test sessionsTests).
  if (partitionKey !== undefined && sessionId && partitionKey !== sessionId)
    return refuse(
      'invalid-argument',
      path,
      'The partition key of a message with a session id must be that session id.',
    );
  return undefined;
}

/**
 * All headers together and each property alone (service-bus-quotas: 64 KB, 32 KB). The first text is the service's
 * (rebus-org/Rebus.AzureServiceBus#35). To the second the service says that it could not process the request (azure-sdk-for-net#15325),
 * which the SDKs try again for minutes: ours says what is wrong.
 */
function checkHeader(destination: Destination, content: Uint8Array, reader: MessageReader): Refusal | undefined {
  if (content.length <= LIMITS.propertyBytes) return undefined;
  const { headerBytes, largestProperty } = reader.measureHeader(content);
  const { path } = destination;
  if (headerBytes > LIMITS.headerBytes) {
    const { lastSequenceNumber } = destination.kind === 'queue' ? destination.group.main : destination.shelf;
    return refuse(
      'message-size-exceeded',
      path,
      `A serialization error occurred while processing the message header stream with sequence number ${lastSequenceNumber + 1}. The serialization process return the following message: The size quota for this stream (${LIMITS.headerBytes}) has been exceeded..`,
    );
  }
  if (largestProperty && largestProperty.bytes > LIMITS.propertyBytes)
    return refuse(
      'message-size-exceeded',
      path,
      `The application property '${largestProperty.name}' has ${largestProperty.bytes} bytes; at most ${LIMITS.propertyBytes} are allowed.`,
    );
  return undefined;
}
