import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/clock/index.ts';
import { openStore, type Store, UnknownFormatError } from '../../../local/service-bus/store/index.ts';
import {
  applicationOf,
  bodyOf,
  MINUTE,
  message,
  ok,
  queue,
  refused,
  SECOND,
  sql,
  subscription,
  topic,
} from './given.ts';
import { contentsOf, durable, openBroker } from './store-suite.ts';

let folder: string;
let clock: VirtualClock;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossover-journal-'));
  clock = new VirtualClock();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = () => {
  store = openStore({ folder });
  return openBroker(store, clock);
};
type Running = ReturnType<typeof start>;

/** Stops without a goodbye: the journal has what was durable, and the broker is not asked. */
const kill = async ({ broker }: Running): Promise<void> => {
  await durable(broker);
  broker.close();
  await store.close();
};
const restart = async (running: Running): Promise<Running> => {
  await kill(running);
  return start();
};
const files = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort();
const lastFile = (): string => join(folder, files().at(-1)!);

describe('what comes back after a restart', () => {
  test('a lock holds on: its token settles, others wait until it expires', async () => {
    let world = start();
    ok(world.broker.createQueue(queue('q')));
    world.send('q', message('a'), message('b'));
    const before = world.open('q');
    const [a, b] = before.receive(2);
    world = await restart(world);
    const receiver = world.open('q');
    expect(receiver.receive()).toEqual([]);
    ok(world.broker.settle('q', a!.lockToken!, { kind: 'complete' }));
    clock.advanceBy(MINUTE);
    receiver.receive();
    expect(receiver.bodies).toEqual(['b']);
    expect(receiver.counts).toEqual([1]);
    expect(refused(world.broker.settle('q', b!.lockToken!, { kind: 'complete' })).outcome).toBe('lock-lost');
    await kill(world);
  });

  test('a renewed lock ends when it was renewed to', async () => {
    let world = start();
    ok(world.broker.createQueue(queue('q')));
    world.send('q', message('a'));
    const token = world.open('q').receive()[0]!.lockToken!;
    clock.advanceBy(30 * SECOND);
    ok(world.broker.renewLocks('q', [token]));
    world = await restart(world);
    clock.advanceBy(45 * SECOND);
    ok(world.broker.settle('q', token, { kind: 'complete' }));
    await kill(world);
  });

  test('a lock that ended meanwhile counts as failed', async () => {
    let world = start();
    ok(world.broker.createQueue(queue('q', { maxDeliveryCount: 1 })));
    world.send('q', message('a'));
    world.open('q').receive();
    await kill(world);
    clock.advanceBy(MINUTE);
    world = start();
    expect(applicationOf(world.receiveOne('q/$DeadLetterQueue')!.message).DeadLetterReason).toBe(
      'MaxDeliveryCountExceeded',
    );
    await kill(world);
  });

  test('sessions are free, uncounted, with their state', async () => {
    let world = start();
    ok(world.broker.createQueue(queue('q', { requiresSession: true })));
    world.send('q', message('a', { sessionId: 's' }));
    const holder = world.open('q', { session: { id: 's' } });
    holder.receive();
    ok(world.broker.setSessionState('q', 's', new Uint8Array([7])));
    world = await restart(world);
    const again = world.open('q', { session: { next: true, timeoutMs: 0 } });
    again.receive();
    expect(again.counts).toEqual([0]);
    expect(ok(world.broker.getSessionState('q', 's')).state).toEqual(new Uint8Array([7]));
    await kill(world);
  });

  test('schedules come due, also those that were due while the broker was down; deferred ones stay deferred', async () => {
    let world = start();
    ok(world.broker.createQueue(queue('q')));
    ok(world.broker.createTopic(topic('t')));
    ok(world.broker.createSubscription('t', subscription('s')));
    ok(world.broker.schedule('q', [message('soon', { scheduledEnqueueAt: clock.now() + SECOND })]));
    ok(world.broker.schedule('q', [message('later', { scheduledEnqueueAt: clock.now() + MINUTE })]));
    ok(world.broker.schedule('t', [message('topic', { scheduledEnqueueAt: clock.now() + MINUTE })]));
    world.send('q', message('deferred'));
    const receiver = world.open('q');
    receiver.receive();
    ok(
      receiver.settle({ kind: 'defer', propertiesToModify: new Map([['why', { type: 'string', value: 'not yet' }]]) }),
    );
    const { sequenceNumber } = receiver.last.message;
    await kill(world);
    clock.advanceBy(2 * SECOND);
    world = start();
    expect(world.receiveOne('q')?.message).toBeDefined();
    clock.advanceBy(MINUTE);
    expect(world.peekBodies('t/Subscriptions/s')).toEqual(['topic']);
    const [fetched] = ok(world.broker.receiveDeferred('q', [sequenceNumber], { mode: 'peek-lock' })).deliveries;
    expect(bodyOf(fetched!.message)).toBe('deferred');
    expect(fetched!.message.deliveryCount).toBe(1);
    expect(applicationOf(fetched!.message)).toEqual({ why: 'not yet' });
    await kill(world);
  });

  test('delivery counts, duplicate history, rules, entities of the management interface, sequence numbers', async () => {
    let world = start();
    ok(world.broker.createQueue(queue('q', { requiresDuplicateDetection: true, userMetadata: 'mine' })));
    ok(world.broker.createTopic(topic('t')));
    ok(world.broker.createSubscription('t', subscription('s'), [sql('r', "color = 'red'", "SET seen = 'yes'")]));
    world.send('q', message('a', { messageId: '1' }), message('b', { messageId: '2' }));
    const receiver = world.open('q');
    receiver.receive();
    receiver.abandon();
    receiver.receive(2);
    receiver.complete(receiver.deliveries[2]);
    receiver.abandon(receiver.deliveries[1]);
    const before = contentsOf(world.broker);
    world = await restart(world);
    expect(contentsOf(world.broker)).toEqual(before);
    expect(world.send('q', message('again', { messageId: '2' }), message('new', { messageId: '3' }))).toEqual([0, 3]);
    expect(world.receiveOne('q')!.message.deliveryCount).toBe(2);
    world.send('t', message('c', {}, { color: 'red' }));
    expect(
      ok(world.broker.peek('t/Subscriptions/s', { fromSequenceNumber: 0, maxCount: 1 })).messages.map(applicationOf),
    ).toEqual([{ color: 'red', seen: 'yes', RuleName: 'r' }]);
    expect(ok(world.broker.getQueue('q')).definition.userMetadata).toBe('mine');
    await kill(world);
  });

  test('an open transaction is rolled back', async () => {
    let world = start();
    ok(world.broker.createQueue(queue('q')));
    world.send('q', message('a'));
    const transaction = { scopeId: 'c', transactionId: world.broker.declareTransaction('c').transactionId };
    const token = world.open('q').receive()[0]!.lockToken!;
    ok(world.broker.settle('q', token, { kind: 'complete' }, { transaction }));
    ok(world.broker.send('q', [message('b')], { transaction }));
    world = await restart(world);
    ok(world.broker.settle('q', token, { kind: 'complete' }));
    expect(ok(world.broker.counts('q')).total).toBe(0);
    await kill(world);
  });
});

describe('damage', () => {
  const filled = async (): Promise<number[]> => {
    const world = start();
    ok(world.broker.createQueue(queue('q')));
    const ends: number[] = [];
    for (const body of ['a', 'b', 'c', 'd']) {
      world.send('q', message(body));
      await durable(world.broker);
      ends.push(statSync(lastFile()).size);
    }
    await kill(world);
    return ends;
  };

  test('a torn last record: everything before it is there, and the place is reported', async () => {
    const ends = await filled();
    truncateSync(lastFile(), ends[3]! - 5);
    const file = files().at(-1);
    const world = start();
    expect(world.peekBodies('q')).toEqual(['a', 'b', 'c']);
    expect(store.damage).toEqual([
      { file, offset: ends[2], kind: 'torn', skippedBytes: ends[3]! - 5 - ends[2]!, recordsBefore: 4, recordsAfter: 0 },
    ]);
    world.send('q', message('e'));
    await kill(world);
    const again = start();
    expect(again.peekBodies('q')).toEqual(['a', 'b', 'c', 'e']);
    await kill(again);
  });

  test.each([1, 7, 12, 60])('cut anywhere (%i bytes short), it starts, and loses no whole frame', async (bytes) => {
    const ends = await filled();
    truncateSync(lastFile(), ends[3]! - bytes);
    const world = start();
    expect(world.peekBodies('q')).toEqual(['a', 'b', 'c']);
    await kill(world);
  });

  test('damage in the middle: what is behind it is saved too, and the damaged file is put aside', async () => {
    const ends = await filled();
    const path = lastFile();
    const bytes = readFileSync(path);
    bytes[ends[0]! + 30]! ^= 0xff;
    writeFileSync(path, bytes);
    const name = files().at(-1);
    const world = start();
    expect(world.peekBodies('q')).toEqual(['a', 'c', 'd']);
    expect(store.damage).toEqual([
      {
        file: name,
        offset: ends[0],
        kind: 'damaged',
        skippedBytes: ends[1]! - ends[0]!,
        recordsBefore: 2,
        recordsAfter: 2,
      },
    ]);
    await store.compact();
    await kill(world);
    expect(readdirSync(folder)).toContain(`${name}.damaged`);
    const again = start();
    expect(store.damage).toEqual([]);
    expect(again.peekBodies('q')).toEqual(['a', 'c', 'd']);
    await kill(again);
  });

  test('bytes of something else at the end', async () => {
    await filled();
    appendFileSync(lastFile(), Buffer.alloc(5000, 0x53));
    const world = start();
    expect(world.peekBodies('q')).toEqual(['a', 'b', 'c', 'd']);
    expect(store.damage).toMatchObject([{ kind: 'torn', skippedBytes: 5000 }]);
    await kill(world);
  });

  test('a data folder of another format is refused, with what to do', () => {
    writeFileSync(join(folder, 'format.json'), '{"format": 99}');
    expect(() => openStore({ folder })).toThrow(UnknownFormatError);
    expect(() => openStore({ folder })).toThrow(/format 99.*reads format 1.*empty data folder/s);
  });
});

describe('compaction', () => {
  test('keeps the folder small', async () => {
    store = openStore({ folder, compactFromBytes: 200_000 });
    const world = openBroker(store, clock);
    ok(world.broker.createQueue(queue('q')));
    world.send('q', message('stays'));
    const receiver = world.open('q', { mode: 'receive-and-delete' });
    receiver.receive();
    world.send('q', message('stays'));
    for (let round = 0; round < 30; round += 1) {
      for (let n = 0; n < 50; n += 1) world.send('q', message('x'.repeat(1000)));
      ok(world.broker.deleteMessages('q', { maxCount: 1, enqueuedBefore: clock.now() }));
      receiver.receive(50);
      await durable(world.broker);
    }
    await store.compact();
    const bytes = files().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(bytes).toBeLessThan(200_000);
    const before = contentsOf(world.broker);
    await kill(world);
    const again = start();
    expect(contentsOf(again.broker)).toEqual(before);
    await kill(again);
  });

  test('a kill during compaction leaves the old files to read', async () => {
    let world = start();
    ok(world.broker.createQueue(queue('q')));
    for (let n = 0; n < 100; n += 1) world.send('q', message(`${n}`));
    await durable(world.broker);
    const before = contentsOf(world.broker);
    await kill(world);
    writeFileSync(join(folder, 'snapshot-00000009.log.tmp'), 'half a snapshot');
    world = start();
    expect(contentsOf(world.broker)).toEqual(before);
    expect(store.damage).toEqual([]);
    expect(readdirSync(folder)).not.toContain('snapshot-00000009.log.tmp');
    await kill(world);
  });
});

test('a disk that fails: nothing is acknowledged any more', async () => {
  const world = start();
  ok(world.broker.createQueue(queue('q')));
  await durable(world.broker);
  const failing = store as unknown as { file: { append(): Promise<void> } };
  failing.file.append = () => Promise.reject(new Error('no space left'));
  world.send('q', message('a'));
  await expect(durable(world.broker)).rejects.toThrow('no space left');
  await expect(durable(world.broker)).rejects.toThrow('no space left');
  world.broker.close();
  await store.close();
});
