import type { Store } from './api.ts';
import { Journal, type JournalOptions } from './journal.ts';
import { createMemoryStore } from './memory-store.ts';

export type { Damage, Store } from './api.ts';
export { UnknownFormatError } from './journal-files.ts';

/**
 * Opens what a broker keeps its state in. Then, in this order:
 *
 * @example
 * const store = openStore({ folder });
 * const broker = createBroker({ ...rest, restore: store.read(), durability: store });
 * store.follow(broker);
 * broker.catchUp();
 * broker.declare(topology);
 *
 * @param options.folder `null`: in memory, nothing is kept
 * @throws UnknownFormatError when another version wrote the folder
 */
export function openStore(options: Omit<JournalOptions, 'folder'> & { readonly folder: string | null }): Store {
  const { folder } = options;
  return folder === null ? createMemoryStore() : new Journal({ ...options, folder });
}
