import { describe, expect, it } from 'vitest';
import type { Position } from '../../../local/event-hubs/engine/event.ts';
import {
  events,
  givenHub,
  HOUR_MS,
  numbersOf,
  openReader,
  publish,
  textsOf,
  tryToOpenReader,
} from './hub-under-test.ts';

const beyond = (sequenceNumber: number): Position => ({ from: 'sequence-number', sequenceNumber, isInclusive: false });
const from = (sequenceNumber: number): Position => ({ from: 'sequence-number', sequenceNumber, isInclusive: true });
const offset = (value: string, isInclusive = false): Position => ({ from: 'offset', offset: value, isInclusive });

function givenSixEvents() {
  const test = givenHub();
  publish(test.hub, events(6), '0');
  return test;
}

describe('where a reader starts', () => {
  it('given numbers 0 to 5, when read after 5, then it waits and then gets 6', () => {
    const { hub } = givenSixEvents();
    const { reader, signals } = openReader(hub, { position: beyond(5) });
    expect(reader.take(10)).toEqual([]);
    publish(hub, events(1), '0');
    expect(signals).toEqual(['available']);
    expect(numbersOf(reader.take(10))).toEqual([6]);
  });

  it('given numbers 0 to 5, when read from 5 inclusive, then 5 comes first', () => {
    const { hub } = givenSixEvents();
    expect(numbersOf(openReader(hub, { position: from(5) }).reader.take(10))).toEqual([5]);
  });

  it('given numbers 0 to 5, when read after 10005, then it is refused', () => {
    const { hub } = givenSixEvents();
    expect(tryToOpenReader(hub, { position: beyond(10_005) })).toEqual({
      outcome: 'sequence-number-beyond-end',
      sequenceNumber: 10_005,
      lastSequenceNumber: 5,
    });
  });

  it.each([beyond(-1), from(-1)])('given a new hub, when read from %o, then it waits', (position) => {
    const { hub } = givenHub();
    const { reader } = openReader(hub, { position });
    expect(reader.take(10)).toEqual([]);
    publish(hub, events(1), '0');
    expect(numbersOf(reader.take(10))).toEqual([0]);
  });

  it('given events, when read from latest, then only what comes after the attach is seen', () => {
    const { hub } = givenSixEvents();
    const { reader } = openReader(hub, { position: { from: 'latest' } });
    expect(reader.take(10)).toEqual([]);
    publish(hub, events(1, 'new'), '0');
    expect(textsOf(reader.take(10))).toEqual(['new 0']);
  });

  it("given an event's offset, when read after it or from it, then the next or the same comes first", () => {
    const { hub } = givenSixEvents();
    const third = openReader(hub).reader.take(3)[2]!;
    expect(numbersOf(openReader(hub, { position: offset(String(third.offset)) }).reader.take(10))).toEqual([3, 4, 5]);
    expect(numbersOf(openReader(hub, { position: offset(String(third.offset), true) }).reader.take(10))).toEqual([
      2, 3, 4, 5,
    ]);
  });

  it.each(['999999', 'abc', ''])('given an offset "%s" that cannot be, when read, then it is refused', (value) => {
    const { hub } = givenSixEvents();
    expect(tryToOpenReader(hub, { position: offset(value) })).toMatchObject({
      outcome: 'offset-beyond-end',
      offset: value,
    });
  });

  it('given a checkpoint of a hub made anew, when read from its offset, then it is refused', () => {
    const { hub } = givenHub();
    expect(tryToOpenReader(hub, { position: offset('0') })).toMatchObject({
      outcome: 'offset-beyond-end',
      lastOffset: -1,
    });
  });

  it('given events at three times, when read from the second, then only later ones come', () => {
    const { hub, clock } = givenHub();
    const times = [0, 1, 2].map((index) => {
      publish(hub, events(2, `batch ${index}`), '0');
      clock.advanceBy(1000);
      return clock.now() - 1000;
    });
    const { reader } = openReader(hub, { position: { from: 'enqueued-time', after: times[1]! } });
    expect(numbersOf(reader.take(10))).toEqual([4, 5]);
  });

  it('given a time in the future, when read from it, then events up to it are passed over', () => {
    const { hub, clock } = givenHub();
    const { reader } = openReader(hub, { position: { from: 'enqueued-time', after: clock.now() + 5000 } });
    publish(hub, events(3, 'early'), '0');
    expect(reader.take(2)).toEqual([]);
    clock.advanceBy(5001);
    publish(hub, events(1, 'in time'), '0');
    expect(textsOf(reader.take(2))).toEqual(['in time 0']);
  });

  it('given two readers of a group and one of another, when events come, then each sees every one', () => {
    const { hub } = givenHub();
    const readers = [openReader(hub), openReader(hub), openReader(hub, { consumerGroup: 'AUDIT' })];
    publish(hub, events(3), '0');
    for (const { reader } of readers) expect(numbersOf(reader.take(10))).toEqual([0, 1, 2]);
  });

  it('given a reader with little credit, when it takes, then it gets no more than that and goes on from there', () => {
    const { hub } = givenSixEvents();
    const { reader } = openReader(hub);
    expect([reader.take(4), reader.take(4), reader.take(4)].map(numbersOf)).toEqual([[0, 1, 2, 3], [4, 5], []]);
  });
});

describe('retention', () => {
  it('given 0 to 41 expired, when read from 10, then it starts at 42', () => {
    const { hub, clock } = givenHub();
    publish(hub, events(42), '0');
    clock.advanceBy(HOUR_MS - 1000);
    publish(hub, events(3), '0');
    clock.advanceBy(1000);
    expect(numbersOf(openReader(hub, { position: beyond(10) }).reader.take(10))).toEqual([42, 43, 44]);
    expect(hub.partitions[0]!.log.beginSequenceNumber).toBe(42);
  });

  it('given everything expired, when asked, then it is empty with begin = last; the next number goes on', () => {
    const { hub, clock } = givenHub();
    publish(hub, events(5), '0');
    const { reader: behind } = openReader(hub);
    clock.advanceBy(HOUR_MS);
    const { log } = hub.partitions[0]!;
    expect(log.isEmpty).toBe(true);
    expect(log.beginSequenceNumber).toBe(4);
    expect(log.last.sequenceNumber).toBe(4);
    publish(hub, events(1), '0');
    expect(numbersOf(behind.take(10))).toEqual([5]);
    expect(log.isEmpty).toBe(false);
    expect(log.beginSequenceNumber).toBe(5);
  });

  it('given a reader in the middle of what expires, when it goes on, then it gets what is retained', () => {
    const { hub, clock } = givenHub();
    publish(hub, events(10), '0');
    const { reader } = openReader(hub);
    reader.take(3);
    clock.advanceBy(HOUR_MS / 2);
    publish(hub, events(2, 'later'), '0');
    clock.advanceBy(HOUR_MS / 2);
    expect(textsOf(reader.take(10))).toEqual(['later 0', 'later 1']);
  });

  it('given a closed engine, when looked at, then no timer is left', () => {
    const { hub, clock, engine } = givenHub();
    publish(hub, events(1), '0');
    expect(clock.pendingTimers).toBe(1);
    engine.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
