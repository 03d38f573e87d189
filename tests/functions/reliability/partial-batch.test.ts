import { describe, expect, it } from 'vitest';
import { deadLetter, done, retryLater } from '../../../shared/reliability/outcome.ts';
import { type PartialBatchOptions, partialBatch } from '../../../shared/reliability/partial-batch.ts';
import { delayAfter, retry } from '../../../shared/reliability/retry.ts';

function batch(handle: PartialBatchOptions<string>['handle'], isLastAttempt = false) {
  const givenUp: string[] = [];
  const run = partialBatch(['a1', 'b1', 'a2'], {
    keyOf: (item) => item.slice(0, 1),
    handle,
    giveUp: async ({ item, problem }) => void givenUp.push(`${item} ${problem}`),
    isLastAttempt,
  });
  return { run, givenUp };
}

describe('a batch', () => {
  it('given items of two keys, then those of one key are handled together and in order', async () => {
    const seen: string[] = [];
    await batch(async (items, key) => {
      seen.push(`${key}: ${items.join(' ')}`);
      return done;
    }).run;
    expect(seen).toEqual(['a: a1 a2', 'b: b1']);
  });

  it('given one key that is refused, then its items are given up and the batch succeeds', async () => {
    const { run, givenUp } = batch(async (_, key) => (key === 'a' ? deadLetter('Malformed', 'No press.') : done));
    await run;
    expect(givenUp).toEqual(['a1 Malformed: No press.', 'a2 Malformed: No press.']);
  });

  it('given one key that fails for now, then the batch fails after all others were handled', async () => {
    let others = 0;
    const { run, givenUp } = batch(async (_, key) => {
      if (key === 'a') throw new Error('table away');
      others += 1;
      return done;
    });
    await expect(run).rejects.toThrow('a: Error: table away');
    expect(others).toBe(1);
    expect(givenUp).toEqual([]);
  });

  it('given the last attempt, when a key still fails, then its items are given up, not thrown away', async () => {
    const { run, givenUp } = batch(async (_, key) => (key === 'b' ? retryLater('table away') : done), true);
    await run;
    expect(givenUp).toEqual(['b1 table away']);
  });
});

describe('retry', () => {
  const policy = { attempts: 3, firstDelayMs: 10, maximumDelayMs: 15 };

  it('given something that comes at the third look, then it waits a little longer each time', async () => {
    const pauses: number[] = [];
    let looks = 0;
    const result = await retry(
      async () => (++looks === 3 ? 'there' : undefined),
      policy,
      async (ms) => void pauses.push(ms),
    );
    expect(result).toBe('there');
    expect(pauses).toEqual([10, 15]);
    expect(delayAfter(10, policy)).toBe(15);
  });

  it('given something that never comes, then it ends with nothing', async () => {
    expect(
      await retry(
        async () => undefined,
        policy,
        async () => {},
      ),
    ).toBeUndefined();
  });
});
