import type { ServiceBusClient } from '@azure/service-bus';
import Long from 'long';

/** Whether something lies in a queue. It peeks, which is not receiving: the queue stays idle, and nothing is locked. */
export interface Backlog {
  hasMessages(queueName: string): Promise<boolean>;
  hasDeadLetters(queueName: string): Promise<boolean>;
}

/** Scheduled and deferred messages are seen too, and cannot be received; behind this many of them, looking stops. */
const lookedAt = 32;

export function createBacklog(client: () => Promise<ServiceBusClient>): Backlog {
  const peek = async (queueName: string, options: { subQueueType?: 'deadLetter' }) => {
    const receiver = (await client()).createReceiver(queueName, options);
    try {
      // From the first: left to itself, the SDK peeks on from where it peeked last.
      return await receiver.peekMessages(lookedAt, { fromSequenceNumber: Long.ONE });
    } finally {
      await receiver.close();
    }
  };
  return {
    async hasMessages(queueName) {
      const seen = await peek(queueName, {});
      return seen.length === lookedAt || seen.some(({ state }) => state === 'active');
    },
    async hasDeadLetters(queueName) {
      return (await peek(queueName, { subQueueType: 'deadLetter' })).length > 0;
    },
  };
}
