import type { ActiveMessagesWithoutListeners } from '../../shared/messages/messages-without-listeners.ts';
import type { DataOf } from '../../shared/topology/message.ts';

/**
 * The queue that an event is about, if it is one of `declared`; undefined for every other entity. Events come for the whole
 * namespace, and a function must drain nothing that was not declared as its own.
 */
export function declaredQueue<Name extends string>(
  data: DataOf<typeof ActiveMessagesWithoutListeners>,
  declared: readonly Name[],
): Name | undefined {
  return data.entityType === 'queue' ? declared.find((name) => name === data.queueName) : undefined;
}

/** What an event is about, for a log line. */
export function entityOf(data: DataOf<typeof ActiveMessagesWithoutListeners>): string {
  return data.entityType === 'queue' ? `queue ${data.queueName}` : `${data.topicName}/${data.subscriptionName}`;
}
