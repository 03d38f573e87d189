import { tracedHandling } from '../../observability/tracing.ts';
import { deadLetter, settleByFailing } from '../../reliability/outcome.ts';
import type { MessageDefinition } from '../../topology/message.ts';
import type { Queue, Topic } from '../../topology/service-bus.ts';
import type { EnvelopeOf, MessagesOf } from '../envelope.ts';
import { fromServiceBus } from '../wire/service-bus.ts';
import type { Handle, Invocation } from './handling.ts';

/** The app setting prefix of the namespace; in Azure `ServiceBusConnection__fullyQualifiedNamespace`. */
export const serviceBusConnection = 'ServiceBusConnection';

/**
 * Options of `app.serviceBusQueue` for a declared queue. The host settles by success and failure, so `retry` and
 * `dead-letter` both fail; the broker dead-letters after `maxDeliveryCount`.
 */
export function onQueue<Q extends Queue & { readonly consumer: string }>(
  queue: Q,
  handle: Handle<EnvelopeOf<MessagesOf<Q>>>,
) {
  return {
    connection: serviceBusConnection,
    queueName: queue.name,
    isSessionsEnabled: queue.requiresSession ?? false,
    handler: receive(queue.name, queue.message, queue.format ?? 'properties', handle as Handle<never>),
  };
}

/** Options of `app.serviceBusTopic` for a declared subscription. */
export function onSubscription<T extends Topic>(
  topic: T,
  subscriptionName: keyof T['subscriptions'] & string,
  handle: Handle<EnvelopeOf<MessagesOf<T>>>,
) {
  return {
    connection: serviceBusConnection,
    topicName: topic.name,
    subscriptionName,
    isSessionsEnabled: topic.subscriptions[subscriptionName]?.requiresSession ?? false,
    handler: receive(`${topic.name}/${subscriptionName}`, topic.message, 'properties', handle as Handle<never>),
  };
}

function receive(
  entity: string,
  definitions: MessageDefinition | readonly MessageDefinition[],
  format: 'properties' | 'cloud-event',
  handle: Handle<never>,
) {
  return async (body: unknown, invocation: Invocation): Promise<void> => {
    const metadata = invocation.triggerMetadata ?? {};
    const received = fromServiceBus(definitions, format, body, {
      messageId: metadata.messageId,
      correlationId: metadata.correlationId,
      applicationProperties: metadata.applicationProperties ?? metadata.userProperties,
    });
    if (!received.ok) return settleByFailing(deadLetter('MalformedMessage', received.problem));
    const { message } = received;
    await tracedHandling({ system: 'servicebus', entity }, message, invocation.traceContext?.traceParent, async () =>
      settleByFailing(await handle(message as never, invocation)),
    );
  };
}
