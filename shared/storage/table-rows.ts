import type { TableClient } from '@azure/data-tables';
import type { Row, Rows, StoredRow } from './rows.ts';

/** The rows of a table of Table storage. The client comes when it is first needed. */
export function tableRows(table: () => Promise<TableClient>): Rows {
  return {
    async read(partitionKey, rowKey) {
      const client = await table();
      const found = await unless(client.getEntity<Record<string, unknown>>(partitionKey, rowKey), 404);
      return found && toRow(found);
    },
    async list(partitionKey) {
      const client = await table();
      const rows: StoredRow[] = [];
      const filter = `PartitionKey eq '${partitionKey.replaceAll("'", "''")}'`;
      for await (const found of client.listEntities<Record<string, unknown>>({ queryOptions: { filter } })) {
        rows.push(toRow(found));
      }
      return rows;
    },
    async insert(row) {
      const client = await table();
      const created = await unless(client.createEntity(toEntity(row)), 409);
      return created ? { outcome: 'inserted', etag: created.etag ?? '' } : { outcome: 'exists' };
    },
    async replace(row, etag) {
      const client = await table();
      const replaced = await unless(client.updateEntity(toEntity(row), 'Replace', { etag }), 404, 412);
      return replaced ? { outcome: 'replaced', etag: replaced.etag ?? '' } : { outcome: 'changed' };
    },
    async put(row) {
      const client = await table();
      await client.upsertEntity(toEntity(row), 'Replace');
    },
  };
}

async function unless<T>(answer: Promise<T>, ...statuses: readonly number[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statuses.includes((error as { statusCode?: number }).statusCode ?? 0)) return undefined;
    throw error;
  }
}

/**
 * The SDK keeps whole numbers as Int32 and breaks on larger ones, so every number that is not one goes as a Double.
 */
function toEntity({ partitionKey, rowKey, ...properties }: Row) {
  const values = Object.entries(properties).filter(([, value]) => value !== undefined);
  return {
    partitionKey,
    rowKey,
    ...Object.fromEntries(
      values.map(([name, value]) =>
        typeof value === 'number' && !(Number.isInteger(value) && Math.abs(value) < 2 ** 31)
          ? [name, { type: 'Double' as const, value: String(value) }]
          : [name, value],
      ),
    ),
  };
}

function toRow(entity: Record<string, unknown>): StoredRow {
  const { 'odata.metadata': _, timestamp: __, ...row } = entity;
  return row as unknown as StoredRow;
}
