import { describe, expect, it } from 'vitest';
import { event, givenHub, HOUR_MS, numbersOf, openReader, publish, textsOf } from './hub-under-test.ts';

describe('compaction', () => {
  it('given keys sent more than once, when compacted, then the last of each stays with its number and offset', () => {
    const { hub } = givenHub({ cleanupPolicy: 'Compact' });
    for (const [key, text] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['c', '4'],
      ['b', '5'],
    ] as const)
      publish(hub, [event(text, key)], '0');
    const before = openReader(hub).reader.take(10);
    hub.partitions[0]!.compactNow();
    const after = openReader(hub).reader.take(10);
    expect(textsOf(after)).toEqual(['3', '4', '5']);
    expect(after).toEqual(before.slice(2));
    expect(numbersOf(after)).toEqual([2, 3, 4]);
  });

  it('given an event without a key, when compacted, then it stays', () => {
    const { hub } = givenHub({ cleanupPolicy: 'Compact' });
    publish(hub, [event('no key'), event('old', 'a'), event('new', 'a')], '0');
    hub.partitions[0]!.compactNow();
    expect(textsOf(openReader(hub).reader.take(10))).toEqual(['no key', 'new']);
  });

  it('given a tombstone, when compacted, then what it deletes goes at once and the tombstone when it is old', () => {
    const { hub, clock } = givenHub({ cleanupPolicy: 'Compact' });
    publish(hub, [event('value', 'a'), { ...event('', 'a'), isTombstone: true }, event('other', 'b')], '0');
    hub.partitions[0]!.compactNow();
    expect(numbersOf(openReader(hub).reader.take(10))).toEqual([1, 2]);
    clock.advanceBy(HOUR_MS);
    hub.partitions[0]!.compactNow();
    expect(numbersOf(openReader(hub).reader.take(10))).toEqual([2]);
  });

  it('given a compacted hub, when an interval passes, then it is compacted by itself, and nothing expires', () => {
    const { hub, clock, happened } = givenHub({ cleanupPolicy: 'Compact' });
    publish(hub, [event('old', 'a')], '0');
    publish(hub, [event('new', 'a')], '0');
    clock.advanceBy(10 * HOUR_MS);
    expect(textsOf(openReader(hub).reader.take(10))).toEqual(['new']);
    expect(happened.map((one) => one.type)).toContain('segment-compacted');
  });

  it('given a reader in a gap, when it goes on, then it gets the next that is left', () => {
    const { hub } = givenHub({ cleanupPolicy: 'Compact' });
    publish(hub, [event('1', 'a'), event('2', 'a'), event('3', 'b'), event('4', 'a')], '0');
    const { reader } = openReader(hub);
    reader.take(1);
    hub.partitions[0]!.compactNow();
    expect(textsOf(reader.take(10))).toEqual(['3', '4']);
  });
});
