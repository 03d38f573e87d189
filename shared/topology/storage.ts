import type { MessageDefinition } from './message.ts';
import type { NoOthers } from './no-others.ts';
import type { Reader } from './service-bus.ts';

/** A blob container; `holds` says what lies in it, for docs/topology.md. */
export function container<const C extends { readonly name: string; readonly holds: string }>(declaration: C) {
  return { ...declaration, kind: 'container' } as const;
}

/** A table; names of tables have letters and digits only. `holds` says what a row is. */
export function table<const T extends { readonly name: string; readonly holds: string }>(declaration: T) {
  return { ...declaration, kind: 'table' } as const;
}

export type StorageQueueDeclaration = Reader & {
  readonly name: string;
  readonly message: MessageDefinition;
  /** The consumer of `<name>-poison`, where the Functions host puts what failed `maxDequeueCount` times. */
  readonly poisonConsumer?: string;
};

/** A Storage queue. With a `poisonConsumer` its poison queue is declared with it, of the same message. */
export function storageQueue<const Q extends StorageQueueDeclaration>(
  declaration: Q & NoOthers<Q, StorageQueueDeclaration>,
) {
  return { ...(declaration as Q), kind: 'storageQueue' } as const;
}

export type Container = { readonly kind: 'container'; readonly name: string; readonly holds: string };
export type Table = { readonly kind: 'table'; readonly name: string; readonly holds: string };
export type StorageQueue = StorageQueueDeclaration & { readonly kind: 'storageQueue' };

/** The Functions host's rule for the name of a poison queue. */
export function poisonQueueName<const Name extends string>(queueName: Name): `${Name}-poison` {
  return `${queueName}-poison`;
}
