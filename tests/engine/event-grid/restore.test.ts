import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answered, event, HOUR, MINUTE, QUEUE, routed, SECOND, START, settle, subscription } from './routed.ts';

const parsed = <T>(records: Iterable<T>): T[] => JSON.parse(JSON.stringify([...records]));

describe('a router that is started again on its records', () => {
  it('tries what was pending when it is due, and counts on', async () => {
    const before = routed(subscription(QUEUE));
    before.state.answer = answered(500);
    before.router.publish('t', [event('1')]);
    await before.pass(10 * SECOND);
    before.router.close();

    const after = routed(subscription(QUEUE), { restore: parsed(before.records) });
    await after.pass(40 * SECOND);

    expect(after.attempts.map(({ at, ids, previous }) => [at, ids, previous])).toEqual([[40 * SECOND, ['1'], 2]]);
    expect(after.attempts[0]!.attempt.events[0]!.id).toBe(before.attempts[0]!.attempt.events[0]!.id);
  });

  it('tries again what was under way, and not what was finished', async () => {
    const before = routed(subscription(QUEUE));
    before.router.publish('t', [event('1')]);
    await settle();
    before.state.answer = answered(500);
    before.router.publish('t', [event('2')]);
    const records = parsed(before.records);

    const after = routed(subscription(QUEUE), { restore: records });
    await settle();

    expect(after.attempts.map(({ ids }) => ids)).toEqual([['2']]);
  });

  it('dead-letters what was given up but not yet written', async () => {
    const before = routed(subscription(QUEUE));
    before.state.answer = answered(400);
    before.state.isStoreAway = true;
    before.router.publish('t', [event('1')]);
    await before.pass(MINUTE);

    const fromJournal = routed(subscription(QUEUE), { restore: parsed(before.records) });
    const fromSnapshot = routed(subscription(QUEUE), { restore: parsed(before.router.pendingRecords()) });
    await settle();

    for (const after of [fromJournal, fromSnapshot]) {
      expect(after.attempts).toEqual([]);
      expect(after.blobs[0]!.events[0]).toMatchObject({
        deadLetterReason: 'UndeliverableDueToClientError',
        deliveryAttempts: 1,
      });
    }
  });

  it('forgets what belongs to a subscription that is no longer declared', async () => {
    const before = routed(subscription(QUEUE));
    before.state.answer = answered(500);
    before.router.publish('t', [event('1')]);
    await settle();

    const after = routed(subscription(QUEUE, { name: 'other' }), { restore: parsed(before.records) });
    await after.pass(HOUR);

    expect(after.attempts).toEqual([]);
  });

  it('loses no event and finishes none twice, whatever the answers, whenever it is stopped', async () => {
    const status = fc.constantFrom(200, 200, 400, 404, 500, 503);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ wait: fc.nat(HOUR), status, publishes: fc.nat(3), stops: fc.boolean() }), {
          maxLength: 12,
        }),
        async (steps) => {
          let life = routed(subscription(QUEUE));
          let published = 0;
          const finished: string[] = [];
          let at = 0;
          let counter = 0;
          const collect = () => {
            for (const record of life.records) if (record.type === 'finished') finished.push(...record.ids);
          };
          for (const step of steps) {
            life.state.answer = answered(step.status);
            const events = Array.from({ length: step.publishes }, () => event(String(published++)));
            life.router.publish('t', events);
            await life.pass(step.wait);
            at += step.wait;
            if (!step.stops) continue;
            collect();
            const records = parsed(life.router.pendingRecords());
            life.router.close();
            expect(life.clock.pendingTimers).toBe(0);
            life = routed(subscription(QUEUE), { restore: records, newId: () => `again-${at}-${counter++}` });
            life.clock.advanceTo(START + at);
          }
          life.state.answer = answered(200);
          await life.pass(72 * HOUR);
          collect();
          expect(finished).toHaveLength(published);
          expect(new Set(finished).size).toBe(published);
          expect(life.counts().pending).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
