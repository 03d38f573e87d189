import { describe, expect, it } from 'vitest';
import { triageDeadLetters, triagedQueues } from '../../../functions/idle-queue/triage-dead-letters.ts';
import { DeadLettersWithoutListeners } from '../../../shared/messages/messages-without-listeners.ts';
import type { DeadLetter, DeadLetters } from '../../../shared/messaging/dead-letters.ts';
import { example, keptLog, now } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { recordingMessaging } from '../../support/app/recording-messaging.ts';

const event = { ...example(DeadLettersWithoutListeners), subject: 'queues/refunds' };
const letter = {
  messageId: 'r-1',
  correlationId: 'o-1',
  traceparent: undefined,
  sequenceNumber: 7,
  reason: 'MaxDeliveryCountExceeded',
  description: 'It failed five times.',
  deliveryCount: 5,
  resubmissions: 0,
  body: '{}',
};

function office(...letters: Partial<typeof letter>[]) {
  const done: string[] = [];
  const deadLetters: DeadLetters = {
    async forEach(queueName, until, handle) {
      for (const one of letters) {
        if (until()) return;
        const whole: DeadLetter = {
          ...letter,
          ...one,
          resubmit: async () => void done.push(`resubmit ${queueName}`),
          remove: async () => void done.push('remove'),
        };
        await handle(whole);
      }
    },
  };
  return { deadLetters, parked: memoryRows(), messaging: recordingMessaging(), now, log: keptLog(), done };
}

describe('triage-dead-letters', () => {
  it('given a message that failed too often, then it gets one more round', async () => {
    const deps = office({});
    await triageDeadLetters(event, deps);
    expect(deps.done).toEqual(['resubmit refunds', 'remove']);
    expect(deps.parked.all()).toEqual([]);
  });

  it('given one that had its round, or was refused for what it says, then it is parked and an alert is raised', async () => {
    const deps = office({ resubmissions: 1 }, { sequenceNumber: 8, reason: 'RefundExceedsOrder' });
    await triageDeadLetters(event, deps);
    expect(deps.done).toEqual(['remove', 'remove']);
    expect(deps.parked.all().map(({ reason }) => reason)).toEqual(['MaxDeliveryCountExceeded', 'RefundExceedsOrder']);
    expect(deps.messaging.sent).toMatchObject([
      { to: 'operations', with: 'dead-letters/refunds', message: { correlationId: 'o-1', data: { severity: 'high' } } },
      { to: 'operations' },
    ]);
  });

  it('given a letter that is triaged twice, then it is parked once and the alert has the same id', async () => {
    const one = { reason: 'RefundExceedsOrder' };
    const deps = office(one, one);
    await triageDeadLetters(event, deps);
    expect(deps.parked.all()).toHaveLength(1);
    expect(new Set(deps.messaging.sent.map(({ message }) => message.id)).size).toBe(1);
  });

  it('given an entity that is not triaged here, then nothing is touched', async () => {
    const deps = office({});
    const data = {
      ...event.data,
      entityType: 'subscriber' as const,
      queueName: null,
      topicName: 't',
      subscriptionName: 's',
    };
    expect(await triageDeadLetters({ ...event, data }, deps)).toEqual({ outcome: 'done' });
    expect(deps.done).toEqual([]);
  });

  it('triages every queue that the declaration says so of', () => {
    expect(triagedQueues.toSorted()).toEqual(['operations-commands', 'orders', 'refunds']);
  });
});
