import { appendFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { event, events, HOUR_MS, numbersOf, openReader, publish, textsOf } from './hub-under-test.ts';
import { copyOf, newFolder, openStoredHub, removeFolder, type StoredHub } from './stored-hub.ts';

describe('the log on disk', () => {
  let folder: string;
  const opened: StoredHub[] = [];
  const openAt = async (...input: Parameters<typeof openStoredHub>) => {
    const hub = await openStoredHub(...input);
    opened.push(hub);
    return hub;
  };

  beforeEach(async () => {
    folder = await newFolder();
  });

  afterEach(async () => {
    for (const one of opened.splice(0)) {
      await one.close();
      await removeFolder(one.folder);
    }
    await removeFolder(folder);
  });

  const files = (partition = 0) => readdir(join(folder, 'orders', String(partition)));
  const file = async (index = -1) => join(folder, 'orders', '0', (await files()).sort().at(index)!);

  it('given events with and without keys, when closed and opened again, then they are the same, and numbering goes on', async () => {
    const first = await openAt(folder);
    publish(
      first.hub,
      [event('a', 'ключ'), { ...event('', 'b'), isTombstone: true, head: Buffer.from([1, 2]) }, event('c')],
      '0',
    );
    await first.committed(0, 2);
    const before = openReader(first.hub).reader.take(10);
    await first.close();

    const second = await openAt(folder, { clock: first.clock });
    expect(openReader(second.hub).reader.take(10).map(plain)).toEqual(before.map(plain));
    expect(publish(second.hub, events(1), '0')).toMatchObject({ firstSequenceNumber: 3 });
    expect(second.hub.createdAt).toBe(first.hub.createdAt);
  });

  it('given a process that was killed, when opened again, then every acknowledged event is there', async () => {
    const first = await openAt(folder);
    publish(first.hub, events(20), '0');
    publish(first.hub, events(20), '1');
    await Promise.all([first.committed(0, 19), first.committed(1, 19)]);
    const second = await openAt(await copyOf(folder), { clock: first.clock });
    for (const partitionId of ['0', '1'])
      expect(openReader(second.hub, { partitionId }).reader.take(100)).toHaveLength(20);
  });

  it.each([1, 7, 30])(
    'given a last publication torn %i bytes before its end, when opened, then it is dropped whole',
    async (torn) => {
      const first = await openAt(folder);
      publish(first.hub, events(5), '0');
      publish(first.hub, events(5, 'torn'), '0');
      await first.committed(0, 9);
      await first.close();
      const path = await file();
      await truncate(path, (await stat(path)).size - torn);

      const second = await openAt(folder, { clock: first.clock });
      expect(numbersOf(openReader(second.hub).reader.take(100))).toEqual([0, 1, 2, 3, 4]);
      expect(second.warnings[0]).toMatch(/had not been acknowledged/);
      publish(second.hub, events(1, 'after'), '0');
      await second.committed(0, 5);
      await second.close();
      const third = await openAt(folder, { clock: first.clock });
      expect(textsOf(openReader(third.hub).reader.take(100)).at(-1)).toBe('after 0');
      expect(third.warnings).toEqual([]);
    },
  );

  it('given garbage behind the last record, when opened, then it is cut off', async () => {
    const first = await openAt(folder);
    publish(first.hub, events(2), '0');
    await first.committed(0, 1);
    await first.close();
    await appendFile(await file(), Buffer.from([9, 0, 0, 0, 1, 2, 3]));
    const second = await openAt(folder, { clock: first.clock });
    expect(numbersOf(openReader(second.hub).reader.take(100))).toEqual([0, 1]);
  });

  it('given a segment file cut while it was being started, when opened, then the log ends before it', async () => {
    const first = await openAt(folder);
    publish(first.hub, events(2), '0');
    await first.committed(0, 1);
    await first.close();
    await writeFile(join(folder, 'orders', '0', '0000000000000002.events'), 'XHUB');
    const second = await openAt(folder, { clock: first.clock });
    expect(publish(second.hub, events(1), '0')).toMatchObject({ firstSequenceNumber: 2 });
    await second.committed(0, 2);
  });

  it('given a file of another format version, when opened, then it says so', async () => {
    const first = await openAt(folder);
    publish(first.hub, events(1), '0');
    await first.committed(0, 0);
    await first.close();
    const bytes = await readFile(await file());
    bytes.writeUInt32LE(99, 8);
    await writeFile(await file(), bytes);
    await expect(openAt(folder)).rejects.toThrow(/is not in format 1/);
  });

  it('given small segments and little cache, when read from the start, then closed ones come back from disk', async () => {
    const first = await openAt(folder, { segmentBytes: 500, cacheBytes: 1000 });
    for (let index = 0; index < 50; index += 1) publish(first.hub, events(3, `batch ${index}`), '0');
    await first.committed(0, 149);
    expect((await files()).length).toBeGreaterThan(10);
    const expected = Array.from({ length: 150 }, (_, index) => index);
    expect(numbersOf(openReader(first.hub).reader.take(1000))).toEqual(expected);
    await first.close();
    const second = await openAt(folder, { clock: first.clock, segmentBytes: 500, cacheBytes: 1000 });
    expect(numbersOf(openReader(second.hub).reader.take(1000))).toEqual(expected);
    const position = { from: 'sequence-number', sequenceNumber: 70, isInclusive: true } as const;
    expect(numbersOf(openReader(second.hub, { position }).reader.take(2))).toEqual([70, 71]);
  });

  it('given expired events, when retention runs, then whole files go, and a restart goes on counting', async () => {
    const first = await openAt(folder, { segmentBytes: 500 });
    for (let index = 0; index < 10; index += 1) publish(first.hub, events(3), '0');
    await first.committed(0, 29);
    const { last } = first.hub.partitions[0]!.log;
    first.clock.advanceBy(HOUR_MS);
    await first.close();
    expect(await files()).toHaveLength(1);

    const second = await openAt(folder, { clock: first.clock });
    const { log } = second.hub.partitions[0]!;
    expect([log.isEmpty, log.beginSequenceNumber, log.last]).toEqual([true, 29, last]);
    expect(publish(second.hub, events(1), '0')).toMatchObject({ firstSequenceNumber: 30 });
  });

  it('given a compacted hub, when opened again, then it is still compacted', async () => {
    const settings = { cleanupPolicy: 'Compact' } as const;
    const first = await openAt(folder, { settings });
    for (const [key, text] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ] as const)
      publish(first.hub, [event(text, key)], '0');
    await first.committed(0, 2);
    first.hub.partitions[0]!.compactNow();
    await first.close();
    const second = await openAt(folder, { settings, clock: first.clock });
    expect(numbersOf(openReader(second.hub).reader.take(10))).toEqual([1, 2]);
    expect(publish(second.hub, events(1), '0')).toMatchObject({ firstSequenceNumber: 3 });
  });

  it('given a note, when written and read in another process, then it is there', async () => {
    const first = await openAt(folder);
    expect(first.store.readNote('orders', 'capture')).toBeUndefined();
    await first.store.writeNote('orders', 'capture', { captured: [4, -1] });
    await first.close();
    const second = await openAt(folder);
    expect(second.store.readNote('orders', 'capture')).toEqual({ captured: [4, -1] });
  });
});

function plain(one: { readonly head: Uint8Array; readonly payload: Uint8Array }) {
  return { ...one, head: [...one.head], payload: [...one.payload] };
}
