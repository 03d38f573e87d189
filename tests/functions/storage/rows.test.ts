import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Storage, startStorage } from '../../../local/storage/index.ts';
import { type Rows, toKey } from '../../../shared/storage/rows.ts';
import { tableRows } from '../../../shared/storage/table-rows.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';

/** What every table of rows does, whichever store is behind it. */
function rowsSuite(make: () => Rows): void {
  it('given no row, when it is read, then there is none', async () => {
    expect(await make().read('nobody', 'nothing')).toBeUndefined();
  });

  it('given a row, when it is inserted again, then it exists and stays as it was', async () => {
    const rows = make();
    const row = {
      partitionKey: 'insert',
      rowKey: toKey('a/b'),
      text: 'first',
      count: 3,
      ratio: 0.5,
      big: 2 ** 40,
      is: true,
    };
    expect((await rows.insert(row)).outcome).toBe('inserted');
    expect((await rows.insert({ ...row, text: 'second' })).outcome).toBe('exists');
    expect(await rows.read('insert', toKey('a/b'))).toMatchObject(row);
  });

  it('given a row that changed since it was read, when it is replaced, then the change stands', async () => {
    const rows = make();
    const keys = { partitionKey: 'replace', rowKey: 'r' };
    const inserted = await rows.insert({ ...keys, text: 'first' });
    const etag = inserted.outcome === 'inserted' ? inserted.etag : '';
    const replaced = await rows.replace({ ...keys, text: 'second' }, etag);
    expect(replaced.outcome).toBe('replaced');
    expect((await rows.replace({ ...keys, text: 'third' }, etag)).outcome).toBe('changed');
    const next = replaced.outcome === 'replaced' ? replaced.etag : '';
    expect((await rows.replace({ ...keys, other: 'fourth' }, next)).outcome).toBe('replaced');
    const row = await rows.read('replace', 'r');
    expect(row).toMatchObject({ other: 'fourth' });
    expect(row?.text).toBeUndefined();
  });

  it('given no row, when it is replaced, then that is a change too', async () => {
    const outcome = await make().replace({ partitionKey: 'replace', rowKey: 'missing' }, 'W/"1"');
    expect(outcome.outcome).toBe('changed');
  });

  it('given rows of two partitions, when one is listed, then its rows come by row key', async () => {
    const rows = make();
    for (const rowKey of ['b', 'a']) await rows.put({ partitionKey: "list o'clock", rowKey, value: rowKey });
    await rows.put({ partitionKey: 'list other', rowKey: 'c' });
    expect((await rows.list("list o'clock")).map(({ rowKey }) => rowKey)).toEqual(['a', 'b']);
  });
}

describe('rows in memory', () => {
  rowsSuite(() => memoryRows());
});

describe('rows in Table storage', () => {
  let storage: Storage;
  beforeAll(async () => {
    storage = await startStorage({
      blobPort: 0,
      queuePort: 0,
      tablePort: 0,
      dataFolder: null,
      topology: { containers: [], queues: [], tables: ['rows'] },
      log: () => {},
    });
  });
  afterAll(() => storage.close());

  rowsSuite(() =>
    tableRows(async () =>
      TableClient.fromConnectionString(storage.connectionString, 'rows', { allowInsecureConnection: true }),
    ),
  );
});

describe('keys', () => {
  it('hold any text, with nothing in them that a table forbids, and differ where the texts differ', () => {
    expect(toKey('holiday/lake #1?.jpg')).toBe('holiday~2flake ~231~3f.jpg');
    expect(toKey('é')).toBe('~c3~a9');
    expect(toKey('~2f')).not.toBe(toKey('/'));
  });
});
