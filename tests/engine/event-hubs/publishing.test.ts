import { describe, expect, it } from 'vitest';
import { EARLIEST, event, events, givenHub, numbersOf, openReader, publish, textsOf } from './hub-under-test.ts';

describe('publishing', () => {
  it('given 50 events in a batch without a key, when sent, then they are in one partition with consecutive numbers', () => {
    const { hub } = givenHub();
    const outcome = publish(hub, events(50));
    expect(outcome).toMatchObject({
      outcome: 'appended',
      firstSequenceNumber: 0,
      lastSequenceNumber: 49,
      isCommitted: true,
    });
  });

  it('given batches without a key, when sent, then the partitions take turns', () => {
    const { hub } = givenHub({ partitionCount: 3 });
    const partitions = [1, 2, 3, 4]
      .map(() => publish(hub, events(2)))
      .map((one) => 'partition' in one && one.partition);
    expect(partitions).toEqual([0, 1, 2, 0]);
  });

  it('given a partition and a key, when sent, then the partition wins', () => {
    const { hub } = givenHub({ partitionCount: 4 });
    expect(publish(hub, [event('a', '7')], '1')).toMatchObject({ partition: 1 });
    expect(publish(hub, [event('a', '7')])).toMatchObject({ partition: 3 });
  });

  it.each(['2', '-1', '01', 'x', ''])('given two partitions, when sent to "%s", then it is refused', (partitionId) => {
    const { hub } = givenHub();
    expect(publish(hub, events(1), partitionId)).toMatchObject({ outcome: 'partition-not-found' });
  });

  it('given a publication over the limit, when refused, then the next one works', () => {
    const { hub } = givenHub({}, { tier: 'Basic' });
    const outcome = hub.publish({ events: events(1), sizeBytes: 300_016 });
    expect(outcome).toEqual({ outcome: 'publication-too-large', sizeBytes: 300_016, limitBytes: 262_144 });
    expect(publish(hub, events(1))).toMatchObject({ outcome: 'appended', firstSequenceNumber: 0 });
  });

  it('given events that are slices of a large buffer, when kept, then the large one need not be', () => {
    const { hub } = givenHub();
    const pool = Buffer.alloc(1024 * 1024, 'x');
    const slices = Array.from({ length: 300 }, (_, index) => pool.subarray(index, index + 1024));
    publish(hub, [{ ...event('small'), payload: pool.subarray(0, 10) }], '0');
    publish(
      hub,
      slices.map((payload) => ({ ...event(''), payload })),
      '0',
    );
    const { reader } = openReader(hub, { position: EARLIEST });
    const kept = reader.take(400).map(({ payload }) => payload);
    expect(kept).toHaveLength(301);
    expect(kept[0]!.buffer.byteLength).toBe(10);
    for (const payload of kept) expect(payload.buffer.byteLength).toBeLessThanOrEqual(64 * 1024);
    expect(Buffer.from(kept.at(-1)!).equals(slices.at(-1)!)).toBe(true);
  });

  it('given throttling is on, when sent, then it is refused until it is off', () => {
    const { hub } = givenHub();
    hub.throttled = true;
    expect(publish(hub, events(1))).toEqual({ outcome: 'throttled' });
    hub.throttled = false;
    expect(publish(hub, events(1))).toMatchObject({ outcome: 'appended' });
  });

  it('given a publisher, when it sends without a key, then its name is the key; another key is refused', () => {
    const { hub } = givenHub({ partitionCount: 4 });
    const send = (key?: string) =>
      hub.publish({ publisher: '7', partitionKey: key, events: [event('a', key)], sizeBytes: 1 });
    expect(send()).toMatchObject({ partition: 3 });
    expect(send('7')).toMatchObject({ partition: 3 });
    expect(send('8')).toEqual({ outcome: 'publisher-key-mismatch', publisher: '7', partitionKey: '8' });
    const { reader } = openReader(hub, { partitionId: '3' });
    expect(reader.take(10).map((one) => one.partitionKey)).toEqual(['7', '7']);
  });

  it('given a clock that goes back, when events are enqueued, then their times do not', () => {
    const { hub, clock } = givenHub();
    const start = clock.now();
    publish(hub, events(1), '0');
    clock.now = () => start - 5000;
    publish(hub, events(1), '0');
    const times = openReader(hub)
      .reader.take(2)
      .map((one) => one.enqueuedAt);
    expect(times).toEqual([start, start]);
  });

  it('given events, when stored, then offsets start at 0 and rise with what is stored', () => {
    const { hub } = givenHub();
    publish(hub, events(3), '0');
    const offsets = openReader(hub)
      .reader.take(3)
      .map((one) => one.offset);
    expect(offsets[0]).toBe(0);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(new Set(offsets).size).toBe(3);
  });
});

describe('a journal', () => {
  it('given events that are not durable yet, when read, then nobody sees them', () => {
    const { hub, engine } = givenHub({}, { journal: () => undefined });
    const outcome = publish(hub, events(2), '0');
    publish(hub, events(1, 'later'), '0');
    const { reader, signals } = openReader(hub);
    expect(outcome).toMatchObject({ isCommitted: false });
    expect(reader.take(10)).toEqual([]);
    expect(hub.partitions[0]!.log.last.sequenceNumber).toBe(-1);
    hub.partitions[0]!.commit(1);
    expect(signals).toEqual(['available']);
    expect(textsOf(reader.take(10))).toEqual(['event 0', 'event 1']);
    hub.partitions[0]!.commit(2);
    expect(numbersOf(reader.take(10))).toEqual([2]);
    engine.close();
  });

  it('given a journal that failed, when sent, then it is refused and what is visible stays so', () => {
    const { hub } = givenHub({}, { journal: () => undefined });
    publish(hub, events(1), '0');
    hub.partitions[0]!.commit(0);
    hub.partitions[0]!.fail('disk full');
    expect(publish(hub, events(1), '0')).toEqual({ outcome: 'storage-failed', reason: 'disk full' });
    expect(numbersOf(openReader(hub).reader.take(10))).toEqual([0]);
  });
});
