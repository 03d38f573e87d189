import type { Row, Rows, StoredRow } from '../../../shared/storage/rows.ts';

/** A table in memory; it passes the same suite as Table storage (tests/functions/storage/rows.test.ts). */
export interface MemoryRows extends Rows {
  /** Every row, in the order in which it was first written. */
  all(): StoredRow[];
  /** Runs before the next call and is then gone: for what happens just then, or for an error. */
  interruptNext(call: keyof Rows, interrupt: () => void | Promise<void>): void;
}

export function memoryRows(...given: readonly Row[]): MemoryRows {
  const rows = new Map<string, StoredRow>();
  const interrupts: { call: keyof Rows; interrupt: () => void | Promise<void> }[] = [];
  let version = 0;
  const keyOf = (partitionKey: string, rowKey: string) => JSON.stringify([partitionKey, rowKey]);
  const set = (row: Row): string => {
    const etag = `W/"${++version}"`;
    const kept = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as Row;
    rows.set(keyOf(row.partitionKey, row.rowKey), { ...kept, etag });
    return etag;
  };
  const reached = async (call: keyof Rows) => {
    const index = interrupts.findIndex((one) => one.call === call);
    if (index >= 0) await interrupts.splice(index, 1)[0]?.interrupt();
  };
  for (const row of given) set(row);
  return {
    all: () => [...rows.values()],
    interruptNext: (call, interrupt) => void interrupts.push({ call, interrupt }),
    async read(partitionKey, rowKey) {
      await reached('read');
      return rows.get(keyOf(partitionKey, rowKey));
    },
    async list(partitionKey) {
      await reached('list');
      const found = [...rows.values()].filter((row) => row.partitionKey === partitionKey);
      return found.toSorted((a, b) => (a.rowKey < b.rowKey ? -1 : 1));
    },
    async insert(row) {
      await reached('insert');
      if (rows.has(keyOf(row.partitionKey, row.rowKey))) return { outcome: 'exists' };
      return { outcome: 'inserted', etag: set(row) };
    },
    async replace(row, etag) {
      await reached('replace');
      if (rows.get(keyOf(row.partitionKey, row.rowKey))?.etag !== etag) return { outcome: 'changed' };
      return { outcome: 'replaced', etag: set(row) };
    },
    async put(row) {
      await reached('put');
      set(row);
    },
  };
}
