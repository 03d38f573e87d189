import { describe, expect, test } from 'vitest';
import type { VirtualClock } from '../../../local/clock/index.ts';
import { type Broker, createBroker, type StoredRecord } from '../../../local/service-bus/engine/index.ts';
import type { Store } from '../../../local/service-bus/store/index.ts';
import { message, ok, queue, reader, type World, worldOf } from './given.ts';

/** What a store must be to pass: the same suite holds for every one. */
export interface StoreUnderTest {
  readonly name: string;
  /** A new, empty place. */
  create(): { open(): Store; remove(): void };
  /** False: nothing outlives the store (in memory). */
  readonly survives: boolean;
}

let lastId = 0;
export const newId = (): string => {
  lastId += 1;
  return `00000000-0000-4000-8000-${String(lastId).padStart(12, '0')}`;
};

/** A broker on a store, as `service-bus/index.ts` puts them together. */
export function openBroker(store: Store, clock: VirtualClock): World & { readonly broker: Broker } {
  const broker = createBroker({
    clock,
    newId,
    reader,
    namespaceName: 'test',
    restore: store.read(),
    durability: store,
  });
  store.follow(broker);
  broker.catchUp();
  return worldOf(clock, broker);
}

export const durable = (broker: Pick<Broker, 'whenDurable'>): Promise<void> =>
  new Promise((resolve, reject) => broker.whenDurable((error) => (error ? reject(error) : resolve())));

/** Everything that is stored, as values: equal before and after means nothing was lost. */
export function contentsOf(broker: Pick<Broker, 'records'>): unknown[] {
  return [...broker.records()]
    .map((record: StoredRecord) => {
      if (record.type === 'message')
        return { ...record, message: { ...record.message, content: Buffer.from(record.message.content).toString() } };
      // When an entity was last used is not kept at every use.
      if (record.type === 'entity') return { ...record, at: 0, info: { ...record.info, accessedAt: 0 } };
      return record;
    })
    .sort((a, b) => (JSON.stringify(keyOf(a)) < JSON.stringify(keyOf(b)) ? -1 : 1));
}

const keyOf = (record: { readonly type: string; readonly entity: string }): unknown => [
  record.entity,
  record.type,
  'message' in record ? (record.message as { sequenceNumber: number }).sequenceNumber : undefined,
  'sequenceNumber' in record ? record.sequenceNumber : undefined,
  'messageId' in record ? record.messageId : undefined,
  'sessionId' in record ? record.sessionId : undefined,
  'rule' in record ? (record.rule as { name: string }).name : undefined,
];

export function storeSuite(under: StoreUnderTest, newClock: () => VirtualClock): void {
  describe(`a store: ${under.name}`, () => {
    const withPlace = async (story: (open: () => Store) => Promise<void>): Promise<void> => {
      const place = under.create();
      try {
        await story(() => place.open());
      } finally {
        place.remove();
      }
    };

    test('says at once that nothing is pending when nothing is', () =>
      withPlace(async (open) => {
        const store = open();
        const { broker } = openBroker(store, newClock());
        let told = 0;
        broker.whenDurable((error) => {
          expect(error).toBeUndefined();
          told += 1;
        });
        expect(told).toBe(1);
        broker.close();
        await store.close();
      }));

    test('tells everyone, in the order in which they asked', () =>
      withPlace(async (open) => {
        const store = open();
        const { broker, send } = openBroker(store, newClock());
        ok(broker.createQueue(queue('q')));
        const told: number[] = [];
        for (let n = 0; n < 50; n += 1) {
          send('q', message(`${n}`));
          broker.whenDurable(() => told.push(n));
        }
        await durable(broker);
        expect(told).toEqual(Array.from({ length: 50 }, (_, n) => n));
        broker.close();
        await store.close();
      }));

    test('keeps what was there, or nothing, but never half of it', () =>
      withPlace(async (open) => {
        const clock = newClock();
        const store = open();
        const { broker, send } = openBroker(store, clock);
        ok(broker.createQueue(queue('q')));
        send('q', message('a'), message('b'));
        await durable(broker);
        const before = contentsOf(broker);
        broker.close();
        await store.close();

        const again = open();
        const restored = openBroker(again, clock);
        expect(contentsOf(restored.broker)).toEqual(under.survives ? before : []);
        expect(again.damage).toEqual([]);
        restored.broker.close();
        await again.close();
      }));

    test('compacts while it is used', () =>
      withPlace(async (open) => {
        const clock = newClock();
        const store = open();
        const { broker, send, open: openReceiver } = openBroker(store, clock);
        ok(broker.createQueue(queue('q')));
        for (let n = 0; n < 3000; n += 1) send('q', message(`${n}${'x'.repeat(500)}`));
        const compacted = store.compact();
        const receiver = openReceiver('q');
        for (let n = 0; n < 2000; n += 1) {
          receiver.receive();
          receiver.complete();
          send('q', message(`later ${n}`));
          if (n % 200 === 0) await durable(broker);
        }
        await compacted;
        await durable(broker);
        const before = contentsOf(broker);
        broker.close();
        await store.close();
        if (!under.survives) return;
        const again = open();
        const restored = openBroker(again, clock);
        expect(contentsOf(restored.broker)).toEqual(before);
        restored.broker.close();
        await again.close();
      }));
  });
}
