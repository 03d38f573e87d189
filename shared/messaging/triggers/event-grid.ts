import { tracedHandling } from '../../observability/tracing.ts';
import { deadLetter, settleByFailing } from '../../reliability/outcome.ts';
import type { CustomTopic, SystemTopic } from '../../topology/event-grid.ts';
import type { MessageDefinition } from '../../topology/message.ts';
import type { EnvelopeOf } from '../envelope.ts';
import { fromCloudEvent, fromEventGridEvent, type SystemEvent } from '../wire/event-grid.ts';
import type { Handle, Invocation } from './handling.ts';

type SubscriptionName<T extends { readonly eventSubscriptions: object }> = keyof T['eventSubscriptions'] & string;

/** The types that a subscription lets through, or all of the topic where it names none. */
type TypesOf<Subscription> = Subscription extends {
  readonly filter: { readonly includedEventTypes: readonly (infer Type)[] };
}
  ? Type
  : string;

/** The events of a topic that reach one of its subscriptions. */
type EventsOf<T extends CustomTopic, Name extends SubscriptionName<T>> = Extract<
  T['events'][number],
  { readonly type: TypesOf<T['eventSubscriptions'][Name]> }
>;

/**
 * Options of `app.eventGrid` for a subscription of a declared custom topic (CloudEvents). Failing makes Event Grid deliver
 * again on its schedule; a dead letter is a failure too, and ends in the subscription's dead-letter container.
 */
export function onCustomTopic<T extends CustomTopic, Name extends SubscriptionName<T>>(
  topic: T,
  subscriptionName: Name,
  handle: Handle<EnvelopeOf<EventsOf<T, Name>>>,
) {
  const types = topic.eventSubscriptions[subscriptionName]?.filter?.includedEventTypes;
  const events = topic.events.filter(({ type }) => !types || types.includes(type));
  return {
    handler: async (event: unknown, invocation: Invocation): Promise<void> => {
      const received = fromCloudEvent(events, event);
      if (!received.ok) return settleByFailing(deadLetter('MalformedEvent', received.problem));
      const message = received.message as EnvelopeOf<EventsOf<T, Name>>;
      await tracedHandling(
        { system: 'eventgrid', entity: `${topic.name}/${subscriptionName}` },
        message,
        invocation.traceContext?.traceParent,
        async () => settleByFailing(await handle(message, invocation)),
      );
    },
  };
}

/**
 * Options of `app.eventGrid` for a subscription of a declared system topic (Event Grid schema). The definition has to be
 * one that the subscription lets through.
 */
export function onSystemTopic<
  T extends SystemTopic,
  Name extends SubscriptionName<T>,
  Definition extends MessageDefinition<TypesOf<T['eventSubscriptions'][Name]> & string>,
>(topic: T, subscriptionName: Name, definition: Definition, handle: Handle<SystemEvent<Definition>>) {
  return {
    handler: async (event: unknown, invocation: Invocation): Promise<void> => {
      const traceparent = invocation.traceContext?.traceParent;
      const received = fromEventGridEvent(definition, event, traceparent);
      if (!received.ok) return settleByFailing(deadLetter('MalformedEvent', received.problem));
      const { message } = received;
      await tracedHandling(
        { system: 'eventgrid', entity: `${topic.name}/${subscriptionName}` },
        message,
        traceparent,
        async () => settleByFailing(await handle(message, invocation)),
      );
    },
  };
}
