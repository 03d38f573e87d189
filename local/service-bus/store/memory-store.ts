import type { StoredRecord } from '../engine/api.ts';
import type { Store } from './api.ts';

/** Keeps nothing: everything is as durable as it will ever be, at once. */
export function createMemoryStore(): Store {
  return {
    read: (): Iterable<StoredRecord> => [],
    damage: [],
    follow: () => {},
    whenDurable: (done) => done(undefined),
    compact: async () => {},
    close: async () => {},
  };
}
