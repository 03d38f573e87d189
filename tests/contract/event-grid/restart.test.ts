import { appendFile, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RouterRecord } from '../../../local/event-grid/engine/api.ts';
import { openEventJournal } from '../../../local/event-grid/store/journal.ts';
import { consenting, eventGrid, subscription, topology, webhook } from './started-event-grid.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'event-grid-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const FUNCTION = {
  endpointType: 'AzureFunction',
  name: 'f',
  maxEventsPerBatch: 1,
  preferredBatchSizeInKilobytes: 64,
} as const;
const waiting = topology('EventGridSchema', [subscription('to-f', FUNCTION)]);
const anEvent = { id: '1', subject: 's', eventType: 'T', eventTime: '2026-01-01T00:00:00Z', data: {} };

async function publish(grid: Awaited<ReturnType<typeof eventGrid>>, ...ids: string[]): Promise<void> {
  const { endpoint, key } = grid.topics[0]!;
  const body = JSON.stringify(ids.map((id) => ({ ...anEvent, id })));
  const response = await fetch(endpoint, { method: 'POST', headers: { 'aeg-sas-key': key }, body });
  expect(response.status).toBe(200);
}

const accepted = (id: string): RouterRecord => ({
  type: 'accepted',
  at: 0,
  topicName: 't',
  event: { schema: 'EventGridSchema', body: { ...anEvent, id, topic: '/t', dataVersion: '' } },
  deliveries: [{ id, subscriptionName: 's' }],
});

describe('events that wait', () => {
  it('survive a restart', async () => {
    const dataFolder = await folder();
    const first = await eventGrid(waiting, { dataFolder });
    await publish(first, '1', '2');
    await first.close();
    const host = await webhook(consenting);

    const second = await eventGrid(waiting, { dataFolder });
    second.setFunctionsUrl(host.url);

    const bodies = [await host.requests.next(), await host.requests.next()].map(({ body }) => JSON.parse(body)[0].id);
    expect(bodies.sort()).toEqual(['1', '2']);
  });

  it('survive a kill at any moment after the publisher was answered, a torn last record too', async () => {
    const dataFolder = await folder();
    const killed = await folder();
    const first = await eventGrid(waiting, { dataFolder });
    await publish(first, '1');
    await publish(first, '2');
    await cp(dataFolder, killed, { recursive: true });
    await appendFile(join(killed, 'event-grid', 'journal.jsonl'), '{"type":"accepted","at":1,"top');
    const warnings: string[] = [];

    const second = await eventGrid(waiting, {
      dataFolder: killed,
      log: (_level, _source, text) => warnings.push(text),
    });

    expect(second.inspect().subscriptions[0]!.counts).toMatchObject({ matched: 2, pending: 2 });
    expect(warnings[0]).toMatch(/the last record, at offset \d+, was not finished/);
  });
});

describe('the journal', () => {
  const open = (path: string, pending: RouterRecord[] = [], compactFromBytes?: number) =>
    openEventJournal({ folder: path, pendingRecords: () => pending, onError: () => {}, compactFromBytes });

  it('gives back what was appended, in order', async () => {
    const path = await folder();
    const pending: RouterRecord[] = [];
    const journal = await open(path, pending);
    for (let index = 0; index < 100; index += 1) {
      pending.push(accepted(String(index)));
      journal.append(accepted(String(index)));
      if (index % 7 === 0) await journal.flushed();
    }
    await journal.close();

    const again = await open(path);
    const ids = again.records.map((record) => (record.type === 'accepted' ? record.event.body.id : ''));
    expect(ids).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
    expect(again.damage).toEqual([]);
  });

  it('stays small while events come and go', async () => {
    const path = await folder();
    const journal = await open(path, [], 10_000);
    for (let index = 0; index < 1000; index += 1) {
      journal.append(accepted(String(index)));
      await journal.flushed();
    }
    await journal.close();

    expect((await stat(join(path, 'journal.jsonl'))).size).toBeLessThan(11_000);
  });

  it('skips a damaged record, says where it was, and keeps the rest', async () => {
    const path = await folder();
    const pending = [accepted('1')];
    const journal = await open(path, pending);
    journal.append(pending[0]!);
    await journal.flushed();
    journal.append(accepted('2'));
    await journal.close();
    const file = join(path, 'journal.jsonl');
    const lines = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, [lines[0], 'garbage', ...lines.slice(1)].join('\n'));

    const again = await open(path);

    expect(again.records).toHaveLength(2);
    expect(again.damage[0]).toMatch(/the record at offset \d+ is damaged/);
  });

  it('refuses a file of another format or a later version', async () => {
    const path = await folder();
    await writeFile(join(path, 'journal.jsonl'), '{"format":"crossover-event-grid","version":2}\n');
    await expect(open(path)).rejects.toThrow('has version 2');
    await writeFile(join(path, 'journal.jsonl'), 'hello\n');
    await expect(open(path)).rejects.toThrow('is not a journal');
  });
});
