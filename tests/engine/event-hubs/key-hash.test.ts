import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashPartitionKey, partitionForKey } from '../../../local/event-hubs/engine/key-hash.ts';

// The first five are the vectors of Microsoft's SDK tests.
const VECTORS = [
  ['7', -15263, 3, 31],
  ['FWfAT', -22341, 1, 5],
  ['!c*_!I@1^c', 15372, 0, 12],
  ['sOdeEAsyQoEuEFPGerWO', -6503, 3, 7],
  ['-4189260826195535198', 453, 1, 5],
  ['abcdefghijkl', -2373, 1, 5],
  ['abcdefghijklm', -31855, 3, 15],
  ['ключ', -32174, 2, 14],
] as const;

describe('the partition of a key', () => {
  it.each(VECTORS)(
    'given the key %s, when hashed, then it is %i: partition %i of 4 and %i of 32',
    (key, hash, of4, of32) => {
      expect(hashPartitionKey(key)).toBe(hash);
      expect(partitionForKey(key, 4)).toBe(of4);
      expect(partitionForKey(key, 32)).toBe(of32);
    },
  );

  it('given an empty key, when hashed, then it is 0', () => {
    expect(hashPartitionKey('')).toBe(0);
  });

  it('given any key, when a partition is chosen, then it exists and is always the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 1024 }), (key, count) => {
        const partition = partitionForKey(key, count);
        expect(partition).toBe(partitionForKey(key, count));
        expect(partition >= 0 && partition < count).toBe(true);
      }),
    );
  });

  it("given any key, when the SDK's own buffered producer chooses, then it chooses the same partition", async () => {
    const file = '../../../node_modules/@azure/event-hubs/dist/esm/impl/partitionKeyToIdMapper.js';
    const { mapPartitionKeyToId } = (await import(file)) as {
      mapPartitionKeyToId: (key: string, count: number) => number;
    };
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 100 }), (key, count) => {
        expect(partitionForKey(key, count)).toBe(mapPartitionKeyToId(key, count));
      }),
    );
  });
});
