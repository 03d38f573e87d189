import { describe, expect, it } from 'vitest';
import { events, givenHub, numbersOf, openReader, publish, tryToOpenReader } from './hub-under-test.ts';

describe('owner levels', () => {
  it('given a reader with level 0, when another attaches with level 0, then the older one is stolen from', () => {
    const { hub, happened } = givenHub();
    const older = openReader(hub, { ownerLevel: 0 });
    const newer = openReader(hub, { ownerLevel: 0 });
    publish(hub, events(1), '0');
    expect(older.signals).toEqual(['stolen by 0']);
    expect(older.reader.take(10)).toEqual([]);
    expect(numbersOf(newer.reader.take(10))).toEqual([0]);
    expect(happened.map((one) => one.type)).toContain('reader-stolen');
  });

  it('given a reader with level 1, when one without a level attaches, then it is refused', () => {
    const { hub } = givenHub();
    openReader(hub, { ownerLevel: 1 });
    expect(tryToOpenReader(hub)).toEqual({ outcome: 'owner-level-required', currentOwnerLevel: 1 });
  });

  it('given a reader with level 2, when one with level 1 attaches, then it is refused and told by whom', () => {
    const { hub } = givenHub();
    openReader(hub, { ownerLevel: 2, name: 'first' });
    expect(tryToOpenReader(hub, { ownerLevel: 1 })).toEqual({
      outcome: 'owner-level-too-low',
      ownerLevel: 1,
      currentOwnerLevel: 2,
      currentReader: 'first',
    });
  });

  it('given three readers without a level, when one with level 0 attaches, then all three are stolen from', () => {
    const { hub } = givenHub();
    const plain = [openReader(hub), openReader(hub), openReader(hub)];
    openReader(hub, { ownerLevel: 0 });
    expect(plain.map((one) => one.signals)).toEqual([['stolen by 0'], ['stolen by 0'], ['stolen by 0']]);
  });

  it('given an owner, when it closes, then anything goes', () => {
    const { hub } = givenHub();
    openReader(hub, { ownerLevel: 7 }).reader.close();
    expect(tryToOpenReader(hub)).toMatchObject({ outcome: 'opened' });
    expect(tryToOpenReader(hub, { ownerLevel: 0 })).toMatchObject({ outcome: 'opened' });
  });

  it('given an owner in one group or partition, when another group or partition is read, then nobody minds', () => {
    const { hub } = givenHub();
    const owner = openReader(hub, { ownerLevel: 1 });
    expect(tryToOpenReader(hub, { consumerGroup: 'audit' })).toMatchObject({ outcome: 'opened' });
    expect(tryToOpenReader(hub, { partitionId: '1' })).toMatchObject({ outcome: 'opened' });
    expect(owner.signals).toEqual([]);
  });

  it('given five readers without a level, when a sixth attaches, then it is refused; on another partition it is not', () => {
    const { hub } = givenHub();
    const first = openReader(hub, { name: 'a' });
    for (let count = 1; count < 5; count += 1) openReader(hub);
    expect(tryToOpenReader(hub)).toEqual({
      outcome: 'too-many-readers',
      limit: 5,
      connectedReaders: ['a', undefined, undefined, undefined, undefined],
    });
    expect(tryToOpenReader(hub, { partitionId: '1' })).toMatchObject({ outcome: 'opened' });
    first.reader.close();
    expect(tryToOpenReader(hub)).toMatchObject({ outcome: 'opened' });
  });

  it('given a position that cannot be, when an owner attaches with it, then it takes nothing over', () => {
    const { hub } = givenHub();
    const older = openReader(hub);
    const position = { from: 'sequence-number', sequenceNumber: 99, isInclusive: false } as const;
    expect(tryToOpenReader(hub, { ownerLevel: 0, position })).toMatchObject({ outcome: 'sequence-number-beyond-end' });
    expect(older.signals).toEqual([]);
  });
});

describe('names', () => {
  it('given a hub and group, when addressed in another letter case, then they are found', () => {
    const { engine, hub } = givenHub({ consumerGroups: [] });
    expect(engine.hub('ORDERS')).toBe(hub);
    expect(tryToOpenReader(hub, { consumerGroup: '$DEFAULT' })).toMatchObject({ outcome: 'opened' });
  });

  it('given an unknown group or partition, when read, then it says which', () => {
    const { hub } = givenHub();
    expect(tryToOpenReader(hub, { consumerGroup: 'none' })).toMatchObject({ outcome: 'consumer-group-not-found' });
    expect(tryToOpenReader(hub, { partitionId: '9' })).toMatchObject({ outcome: 'partition-not-found' });
  });
});
