import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../local/clock/index.ts';
import type { StoredEvent } from '../../../local/event-hubs/engine/event.ts';
import { event, givenHub, HOUR_MS, numbersOf, openReader, publish, textsOf } from './hub-under-test.ts';
import { copyOf, newFolder, openStoredHub, removeFolder, type StoredHub } from './stored-hub.ts';

const publication = fc.record({
  do: fc.constant('publish' as const),
  partition: fc.nat(1),
  count: fc.integer({ min: 1, max: 5 }),
});
const take = fc.record({
  do: fc.constant('take' as const),
  partition: fc.nat(1),
  count: fc.integer({ min: 0, max: 7 }),
});
const wait = fc.record({ do: fc.constant('wait' as const), ms: fc.nat(HOUR_MS / 8) });

describe('a log, whatever happens to it', () => {
  it('given any publications, takes and waits, when read, then each partition is in order, nothing doubled, nothing lost but what expired', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(publication, take, wait), { maxLength: 80 }), (steps) => {
        const { hub, clock, engine } = givenHub({}, { segmentBytes: 400 });
        const published: string[][] = [[], []];
        const read: StoredEvent[][] = [[], []];
        const readers = ['0', '1'].map((partitionId) => openReader(hub, { partitionId }).reader);
        for (const step of steps) {
          if (step.do === 'wait') clock.advanceBy(step.ms);
          else if (step.do === 'take') read[step.partition]!.push(...readers[step.partition]!.take(step.count));
          else {
            const texts = Array.from(
              { length: step.count },
              (_, index) => `${published[step.partition]!.length + index}`,
            );
            publish(
              hub,
              texts.map((text) => event(text)),
              String(step.partition),
            );
            published[step.partition]!.push(...texts);
          }
        }
        for (const index of [0, 1]) {
          read[index]!.push(...readers[index]!.take(10_000));
          const numbers = numbersOf(read[index]!);
          expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
          expect(textsOf(read[index]!)).toEqual(numbers.map(String));
          const { log } = hub.partitions[index]!;
          const retained = numbersOf(log.read(0, 10_000));
          if (!log.isEmpty) expect(retained[0]).toBe(log.beginSequenceNumber);
          expect(retained).toEqual(retained.map((_, at) => retained[0]! + at));
          expect(log.last.sequenceNumber).toBe(published[index]!.length - 1);
          for (const kept of log.read(0, 10_000)) expect(numbers.includes(kept.sequenceNumber)).toBe(true);
        }
        engine.close();
        expect(clock.pendingTimers).toBe(0);
      }),
    );
  });

  const crash = fc.record({ do: fc.constant('crash' as const) });
  const settle = fc.record({ do: fc.constant('settle' as const) });

  it('given any publications, restarts and crashes, when read, then acknowledged events are there, in order and once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(publication, publication, settle, crash), { maxLength: 14 }),
        async (steps) => {
          const clock = new VirtualClock();
          const folders = [await newFolder()];
          const options = { clock, segmentBytes: 300, cacheBytes: 600 };
          let current: StoredHub = await openStoredHub(folders[0]!, options);
          const open = [current];
          // What each partition must hold: its events by number, of which those up to `acknowledged` may not be missing.
          const model: string[][] = [[], []];
          let counter = 0;
          try {
            for (const step of steps) {
              if (step.do === 'publish') {
                const texts = Array.from({ length: step.count }, () => `${counter++}`);
                publish(
                  current.hub,
                  texts.map((text) => event(text)),
                  String(step.partition),
                );
                model[step.partition]!.push(...texts);
              } else if (step.do === 'settle')
                await Promise.all([0, 1].map((index) => current.committed(index, model[index]!.length - 1)));
              else {
                const acknowledged = current.hub.partitions.map((one) => one.log.last.sequenceNumber);
                const folder = await copyOf(current.folder);
                folders.push(folder);
                current = await openStoredHub(folder, options);
                open.push(current);
                for (const index of [0, 1]) {
                  const found = textsOf(openReader(current.hub, { partitionId: String(index) }).reader.take(10_000));
                  expect(found.length).toBeGreaterThan(acknowledged[index]!);
                  expect(found).toEqual(model[index]!.slice(0, found.length));
                  model[index] = found;
                }
              }
            }
          } finally {
            for (const one of open) await one.close();
            for (const folder of folders) await removeFolder(folder);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
