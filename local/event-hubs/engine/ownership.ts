import type { OwnershipRefusal } from './outcomes.ts';
import type { Reader } from './reader.ts';

/** Readers without an owner level that one partition takes in one consumer group. */
export const MAX_READERS_WITHOUT_OWNER_LEVEL = 5;

/**
 * Who may read a partition in a consumer group beside those who do: the owner-level ("epoch") rules. An equal level wins
 * over the older reader; the load balancers of all SDKs rest on that, since they all use level 0.
 *
 * @returns the readers that the new one takes over from, or why it is refused
 */
export function contend(
  current: readonly Reader[],
  { ownerLevel, name }: { readonly ownerLevel: number | undefined; readonly name: string | undefined },
): { readonly stolenFrom: readonly Reader[] } | OwnershipRefusal {
  const owner = current.find((reader) => reader.ownerLevel !== undefined);
  if (ownerLevel !== undefined) {
    if (owner && owner.ownerLevel! > ownerLevel)
      return {
        outcome: 'owner-level-too-low',
        reader: name,
        ownerLevel,
        currentOwnerLevel: owner.ownerLevel!,
        currentReader: owner.name,
      };
    return { stolenFrom: current };
  }
  if (owner) return { outcome: 'owner-level-required', currentOwnerLevel: owner.ownerLevel! };
  if (current.length >= MAX_READERS_WITHOUT_OWNER_LEVEL)
    return {
      outcome: 'too-many-readers',
      limit: MAX_READERS_WITHOUT_OWNER_LEVEL,
      connectedReaders: current.map((reader) => reader.name),
    };
  return { stolenFrom: [] };
}
