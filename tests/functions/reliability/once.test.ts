import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../local/clock/index.ts';
import { handleOnce } from '../../../shared/reliability/once.ts';
import type { Rows } from '../../../shared/storage/rows.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { runUntil, virtualOnce } from '../../support/app/virtual-once.ts';

const key = { scope: 'send-mail', key: 'event/1' };

function started() {
  const clock = new VirtualClock();
  const rows = memoryRows();
  return { clock, rows, once: virtualOnce(rows, clock) };
}

describe('once', () => {
  it('given work that was done, when it comes again, then it is not repeated and its value comes back', async () => {
    const { once } = started();
    expect(await once(key, async () => ({ pages: 2 }))).toEqual({ outcome: 'done', value: { pages: 2 } });
    const again = await once(key, async () => {
      throw new Error('done twice');
    });
    expect(again).toEqual({ outcome: 'done-before', value: { pages: 2 } });
  });

  it('given work that failed, when it comes again, then it is tried at once and knows it is the second attempt', async () => {
    const { once } = started();
    await expect(once(key, () => Promise.reject(new Error('mail server away')))).rejects.toThrow('mail server away');
    expect(await once(key, async ({ number }) => number)).toEqual({ outcome: 'done', value: 2 });
  });

  it('given the same work twice at once, when the first ends, then the second has waited for it', async () => {
    const { clock, once } = started();
    const first = Promise.withResolvers<string>();
    const working = once(key, () => first.promise);
    const waiting = once(key, async () => 'second');
    clock.setTimer(clock.now() + 5_000, () => first.resolve('first'));
    expect(await runUntil(clock, waiting)).toEqual({ outcome: 'done-before', value: 'first' });
    expect(await working).toEqual({ outcome: 'done', value: 'first' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('given work that takes longer than its lease, when another comes, then the lease is renewed and the other gives up', async () => {
    const { clock, once } = started();
    const never = Promise.withResolvers<undefined>();
    const working = once(key, () => never.promise);
    expect(
      await runUntil(
        clock,
        once(key, async () => undefined),
      ),
    ).toEqual({ outcome: 'in-progress' });
    expect(
      (
        await runUntil(
          clock,
          handleOnce(once, key, async () => {}),
        )
      ).outcome,
    ).toBe('retry');
    never.resolve(undefined);
    expect((await working).outcome).toBe('done');
  });

  it('given a process that died at work, when the lease has ended, then one of two others takes over', async () => {
    const { clock, rows, once } = started();
    await rows.insert({
      partitionKey: 'send-mail',
      rowKey: 'event~2f1',
      state: 'working',
      leaseUntil: clock.now() + 15_000,
      attempt: 1,
    });
    const attempts: number[] = [];
    const work = async ({ number }: { number: number }) => {
      attempts.push(number);
      return undefined;
    };
    const ends = await runUntil(clock, Promise.all([once(key, work), once(key, work)]));
    expect(ends.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'done-before']);
    expect(attempts).toEqual([2]);
  });

  it('given a lease that was lost to another, when the work ends, then the mark of the other stands', async () => {
    const { clock, rows, once } = started();
    const slow = Promise.withResolvers<string>();
    let lost = false;
    const working = once(key, ({ signal }) => {
      signal.addEventListener('abort', () => {
        lost = true;
      });
      return slow.promise;
    });
    await new Promise((resolve) => setImmediate(resolve));
    const row = await rows.read('send-mail', 'event~2f1');
    // What a process sees that wakes after its lease: the work was taken over and done.
    await rows.replace({ ...row!, etag: undefined, state: 'done', value: '"theirs"' }, row!.etag);
    clock.advanceBy(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(lost).toBe(true);
    slow.resolve('mine');
    expect(await runUntil(clock, working)).toEqual({ outcome: 'done-before', value: 'theirs' });
  });

  it('given a renewal whose answer is still on its way when the work ends, then the mark waits for it', async () => {
    const { clock, rows } = started();
    const answer = Promise.withResolvers<void>();
    let replaces = 0;
    const slow: Rows = {
      ...rows,
      async replace(row, etag) {
        const result = await rows.replace(row, etag);
        if (replaces++ === 0) await answer.promise;
        return result;
      },
    };
    const work = Promise.withResolvers<string>();
    const working = virtualOnce(slow, clock)(key, () => work.promise);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advanceBy(5_000);
    work.resolve('done');
    await new Promise((resolve) => setImmediate(resolve));
    answer.resolve();
    expect(await working).toEqual({ outcome: 'done', value: 'done' });
    expect(rows.all()).toMatchObject([{ state: 'done' }]);
  });

  it('given any mix of attempts that end or fail, then never are two at work at once, and one mark is made', async () => {
    const fate = fc.record({
      startsAtMs: fc.integer({ min: 0, max: 60_000 }),
      takesMs: fc.integer({ min: 0, max: 40_000 }),
      end: fc.constantFrom('done', 'fails'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { minLength: 1, maxLength: 6 }), async (fates) => {
        const { clock, once } = started();
        let atWork = 0;
        let marks = 0;
        const attempts = fates.map(async ({ startsAtMs, takesMs, end }) => {
          await new Promise<void>((resolve) => void clock.setTimer(clock.now() + startsAtMs, resolve));
          const result = await once(key, async () => {
            expect(++atWork).toBe(1);
            await new Promise<void>((resolve) => void clock.setTimer(clock.now() + takesMs, resolve));
            atWork -= 1;
            if (end === 'fails') throw new Error('failed');
            return undefined;
          }).catch(() => undefined);
          if (result?.outcome === 'done') marks += 1;
        });
        await runUntil(clock, Promise.all(attempts));
        expect(marks).toBeLessThanOrEqual(1);
        if (fates.every(({ end }) => end === 'done')) expect(marks).toBe(1);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
