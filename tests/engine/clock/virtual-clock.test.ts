import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type TimerId, VirtualClock } from '../../../local/clock/index.ts';
import { collectGarbage } from '../../support/garbage.ts';

describe('timers', () => {
  test('whatever is set, cleared and waited for: each that was not cleared fires once, in order of time and of setting', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ set: fc.integer({ min: 0, max: 50 }) }) },
      { weight: 4, arbitrary: fc.record({ clear: fc.nat({ max: 999 }) }) },
      { weight: 1, arbitrary: fc.record({ wait: fc.integer({ min: 0, max: 20 }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), (steps) => {
        const clock = new VirtualClock(0);
        const fired: number[] = [];
        const expected: { dueAt: number; n: number; id: TimerId }[] = [];
        let n = 0;
        let due: number[] = [];
        for (const one of steps) {
          if ('set' in one) {
            const mine = n++;
            const dueAt = clock.now() + one.set;
            expected.push({ dueAt, n: mine, id: clock.setTimer(dueAt, () => fired.push(mine)) });
          } else if ('clear' in one && expected.length > 0) {
            const [cleared] = expected.splice(one.clear % expected.length, 1);
            clock.clearTimer(cleared!.id);
          } else if ('wait' in one) {
            clock.advanceBy(one.wait);
            const now = clock.now();
            const ended = expected.filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt || a.n - b.n);
            due = [...due, ...ended.map((each) => each.n)];
            expected.splice(0, expected.length, ...expected.filter(({ dueAt }) => dueAt > now));
          }
          expect(clock.pendingTimers).toBe(expected.length);
        }
        expect(fired).toEqual(due);
      }),
      { numRuns: 30 },
    );
  });

  test('what a cleared timer would have done, and all that this holds, is let go at once', async () => {
    const clock = new VirtualClock();
    clock.setTimer(clock.now() + 1, () => {});
    const held = (() => {
      const large = { is: 'held' };
      const id = clock.setTimer(clock.now() + 3_600_000, () => large.is.length);
      clock.clearTimer(id);
      return new WeakRef(large);
    })();
    await collectGarbage();
    expect(held.deref()).toBeUndefined();
  });
});
