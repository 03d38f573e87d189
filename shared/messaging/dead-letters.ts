import type { ServiceBusClient, ServiceBusMessage, ServiceBusReceivedMessage } from '@azure/service-bus';
import { derivedId } from './derived-id.ts';
import { originalIdProperty } from './wire/service-bus.ts';

/** A dead letter, as triage needs to see it. */
export interface DeadLetter {
  readonly messageId: string;
  readonly correlationId: string;
  readonly traceparent: string | undefined;
  readonly sequenceNumber: number;
  readonly reason: string;
  readonly description: string;
  readonly deliveryCount: number;
  /** How often triage has sent it back already. */
  readonly resubmissions: number;
  /** The body, as text for people. */
  readonly body: string;
  /** Sends it back to its queue. A repeated attempt may send it twice: consumers are idempotent. */
  resubmit(): Promise<void>;
  /** It is dealt with: removes it from the dead-letter queue. */
  remove(): Promise<void>;
}

/** The dead-letter queues of the declared queues. */
export interface DeadLetters {
  /** Calls for each dead letter of a queue, one after the other, until none is left or the time is up. */
  forEach(queueName: string, until: () => boolean, handle: (letter: DeadLetter) => Promise<void>): Promise<void>;
}

const resubmissionsProperty = 'resubmissions';
const waitMs = 1_000;
const batchSize = 20;

export function createDeadLetters(client: () => Promise<ServiceBusClient>): DeadLetters {
  return {
    async forEach(queueName, until, handle) {
      const serviceBus = await client();
      const receiver = serviceBus.createReceiver(queueName, { subQueueType: 'deadLetter' });
      const sender = serviceBus.createSender(queueName);
      try {
        while (!until()) {
          const messages = await receiver.receiveMessages(batchSize, { maxWaitTimeInMs: waitMs });
          if (messages.length === 0) return;
          for (const message of messages) {
            await handle({
              ...describe(message),
              resubmit: () => sender.sendMessages(copyOf(message)),
              remove: () => receiver.completeMessage(message),
            });
          }
        }
      } finally {
        await Promise.allSettled([receiver.close(), sender.close()]);
      }
    },
  };
}

function describe(message: ServiceBusReceivedMessage): Omit<DeadLetter, 'resubmit' | 'remove'> {
  const { correlationId, applicationProperties, body } = message;
  const messageId = originalIdOf(message);
  const traceparent = applicationProperties?.traceparent;
  return {
    messageId,
    correlationId: String(correlationId ?? messageId),
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    sequenceNumber: message.sequenceNumber?.toNumber() ?? 0,
    reason: message.deadLetterReason ?? '',
    description: message.deadLetterErrorDescription ?? '',
    deliveryCount: message.deliveryCount ?? 0,
    resubmissions: Number(applicationProperties?.[resubmissionsProperty] ?? 0),
    body: typeof body === 'string' ? body : (JSON.stringify(body) ?? ''),
  };
}

function originalIdOf({ messageId, applicationProperties }: ServiceBusReceivedMessage): string {
  return String(applicationProperties?.[originalIdProperty] ?? messageId ?? '');
}

/**
 * The same message without what the broker added; with one more on its count, so that it does not go round for ever. Under
 * a message id of its own: duplicate detection would take it for a repeat of the first one, and drop it without a word. What
 * the message is known by goes along as a property.
 */
function copyOf(message: ServiceBusReceivedMessage): ServiceBusMessage {
  const { DeadLetterReason: _, DeadLetterErrorDescription: __, ...own } = message.applicationProperties ?? {};
  const resubmissions = Number(own[resubmissionsProperty] ?? 0) + 1;
  const originalId = originalIdOf(message);
  return {
    body: message.body,
    messageId: derivedId('resubmission', originalId, String(message.sequenceNumber), String(resubmissions)),
    applicationProperties: { ...own, [resubmissionsProperty]: resubmissions, [originalIdProperty]: originalId },
    ...(message.correlationId !== undefined && { correlationId: message.correlationId }),
    ...(message.subject !== undefined && { subject: message.subject }),
    ...(message.contentType !== undefined && { contentType: message.contentType }),
    ...(message.sessionId !== undefined && { sessionId: message.sessionId }),
  };
}
