import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../../local/event-grid/engine/outcomes.ts';
import { retryWaitMs } from '../../../local/event-grid/engine/retry.ts';
import {
  answered,
  event,
  FUNCTION,
  HOOK,
  HOUR,
  MINUTE,
  QUEUE,
  routed,
  SECOND,
  settle,
  subscription,
} from './routed.ts';

describe('an event that nobody takes', () => {
  it('is tried on the documented schedule, and given up when it is due after its time to live', async () => {
    const { router, attempts, blobs, state, pass, clock } = routed(subscription(HOOK));
    state.answer = answered(500);
    await settle();

    router.publish('t', [event('1')]);
    await pass(48 * HOUR);

    const steps = [
      10 * SECOND,
      30 * SECOND,
      MINUTE,
      5 * MINUTE,
      10 * MINUTE,
      30 * MINUTE,
      HOUR,
      3 * HOUR,
      6 * HOUR,
      12 * HOUR,
    ];
    let at = 0;
    expect(attempts.map((attempt) => attempt.at)).toEqual([0, ...steps.map((step) => (at += step))]);
    expect(attempts.map(({ previous }) => previous)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    // The 24 hours are over long before; they are looked at when the twelfth attempt is due.
    expect(blobs).toEqual([
      {
        at: at + 12 * HOUR,
        name: 'SUB/2026/2/1/17/id-3.json',
        events: [
          {
            ...event('1').body,
            deadLetterReason: 'TimeToLiveExceeded',
            deliveryAttempts: 11,
            lastDeliveryOutcome: 'Aborted',
            publishTime: '2026-01-31T07:00:00.000Z',
            lastDeliveryAttemptTime: '2026-02-01T05:46:40.000Z',
          },
        ],
      },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is given up after the attempts that the policy allows', async () => {
    const retryPolicy = { maxDeliveryAttempts: 3, eventTimeToLiveInMinutes: 1440 };
    const { router, attempts, blobs, state, pass, counts } = routed(subscription(QUEUE, { retryPolicy }));
    state.answer = { kind: 'failed', outcome: 'Full', detail: 'full' };

    router.publish('t', [event('1')]);
    await pass(HOUR);

    expect(attempts.map(({ at }) => at)).toEqual([0, 10 * SECOND, 40 * SECOND]);
    expect(blobs[0]!.events[0]).toMatchObject({
      deadLetterReason: 'MaxDeliveryAttemptsExceeded',
      lastDeliveryOutcome: 'Full',
    });
    expect(counts()).toEqual({ matched: 1, delivered: 0, failedAttempts: 3, deadLettered: 1, dropped: 0, pending: 0 });
  });

  it('is dropped where there is no dead-letter destination', async () => {
    const { router, state, pass, counts, records } = routed(subscription(QUEUE, { deadLetterDestination: undefined }));
    state.answer = answered(400);

    router.publish('t', [event('1')]);
    await pass(0);

    expect(counts()).toMatchObject({ dropped: 1, pending: 0 });
    expect(records.at(-1)).toMatchObject({ type: 'finished', how: 'dropped', reason: 'UndeliverableDueToClientError' });
  });

  it('waits for the dead-letter store for four hours, then is dropped', async () => {
    const { router, state, pass, counts, blobs } = routed(subscription(QUEUE));
    state.answer = answered(400);
    state.isStoreAway = true;

    router.publish('t', [event('1')]);
    await pass(3 * HOUR);
    expect(counts()).toMatchObject({ dropped: 0, pending: 1 });
    state.isStoreAway = false;
    await pass(MINUTE);
    expect([counts().deadLettered, blobs.length]).toEqual([1, 1]);

    state.isStoreAway = true;
    router.publish('t', [event('2')]);
    await pass(5 * HOUR);
    expect(counts()).toMatchObject({ dropped: 1, pending: 0 });
  });

  it('goes out when the destination is well again', async () => {
    const { router, attempts, state, pass, counts } = routed(subscription(QUEUE));
    state.answer = answered(503);
    router.publish('t', [event('1')]);
    await pass(30 * SECOND - 1);
    state.answer = { kind: 'delivered' };

    await pass(1);

    expect(attempts.map(({ at }) => at)).toEqual([0, 30 * SECOND]);
    expect(counts()).toMatchObject({ delivered: 1, pending: 0 });
  });

  it('waits without losing an attempt while there is no Functions host, and goes at once when it comes', async () => {
    const { router, attempts, state, pass } = routed(subscription(FUNCTION));
    router.publish('t', [event('1')]);
    await pass(2 * HOUR);
    expect(attempts).toEqual([]);

    state.answer = { kind: 'failed', outcome: 'SocketError', detail: 'refused' };
    router.setFunctionsHostUp(true);
    await pass(SECOND);
    state.answer = { kind: 'delivered' };
    router.setFunctionsHostUp(true);
    await pass(0);

    expect(attempts.map(({ at, previous }) => [at, previous])).toEqual([
      [2 * HOUR, 0],
      [2 * HOUR + SECOND, 1],
    ]);
  });

  it('that a function refused is not hurried by the host coming up', async () => {
    const { router, attempts, state, pass } = routed(subscription(FUNCTION));
    router.setFunctionsHostUp(true);
    state.answer = answered(500);
    router.publish('t', [event('1')]);
    await pass(SECOND);

    router.setFunctionsHostUp(true);
    await pass(SECOND);

    expect(attempts).toHaveLength(1);
  });
});

describe('what an answer means', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [205, 'Canceled', 10 * SECOND],
    [302, 'Canceled', 10 * SECOND],
    [400, 'BadRequest', 'final'],
    [401, 'Unauthorized', 5 * MINUTE],
    [403, 'Forbidden', 10 * SECOND],
    [404, 'NotFound', 5 * MINUTE],
    [408, 'TimedOut', 2 * MINUTE],
    [413, 'PayloadTooLarge', 'final'],
    [429, 'Busy', 30 * SECOND],
    [500, 'Aborted', 10 * SECOND],
    [503, 'Busy', 30 * SECOND],
  ] as const)('%i is %s', (status, outcome, wait = undefined) => {
    const verdict = judge(answered(status), false);

    if (outcome === 'delivered') expect(verdict.delivered).toBe(true);
    else if (wait === 'final') expect(verdict).toMatchObject({ outcome, isRetried: false });
    else expect(verdict).toMatchObject({ outcome, isRetried: true, minimumWaitMs: wait });
  });

  it('401 and 403 of a webhook are final, and so is a queue with sessions', () => {
    expect(judge(answered(401), true)).toMatchObject({ isRetried: false });
    expect(judge(answered(403), true)).toMatchObject({ isRetried: false });
    const sessions = { kind: 'failed', outcome: 'SessionQueueNotSupported', detail: '' } as const;
    expect(judge(sessions, false)).toMatchObject({ isRetried: false });
  });

  it('never waits less than the schedule or the minimum, nor a tenth more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.nat(5 * MINUTE),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (n, least, chance) => {
          const base = Math.max(least, retryWaitMs(n, 0, 0));
          const wait = retryWaitMs(n, least, chance);
          expect(wait >= base && wait <= base * 1.1 + 1).toBe(true);
        },
      ),
    );
  });
});
