import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../local/clock/index.ts';
import { type Storage, startStorage } from '../../local/storage/index.ts';
import { type RunningApp, runApp } from './support.ts';

let storage: Storage;
beforeAll(async () => {
  const ports = { blobPort: 0, queuePort: 0, tablePort: 0 };
  const topology = { containers: [], queues: [], tables: [] };
  storage = await startStorage({ ...ports, dataFolder: null, topology, log: () => {} });
});
afterAll(() => storage.close());

const start = (clock: VirtualClock): Promise<RunningApp> =>
  runApp('timers', { clock, settings: { OFTEN: '00:00:30' }, cloud: { storage: storage.connectionString } });
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

describe('the timer trigger', () => {
  it('fires at its times, keeps its status, retries, and is past due after a stop', async () => {
    // Friday, 2 January 2026, 02:00 UTC.
    const clock = new VirtualClock(Date.UTC(2026, 0, 2, 2));
    let app = await start(clock);
    expect(await app.next('at-start')).toBe(true);

    clock.advanceBy(30_000);
    expect(await app.next('often')).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: null,
      isPastDue: false,
    });

    clock.advanceTo(Date.UTC(2026, 0, 2, 2, 30));
    expect(await app.next('nightly')).toEqual({
      timer: {
        schedule: { adjustForDST: true },
        scheduleStatus: {
          last: '0001-01-01T00:00:00+00:00',
          next: '2026-01-02T02:30:00.000Z',
          lastUpdated: '2026-01-02T02:00:00.000Z',
        },
        isPastDue: false,
      },
      metadata: null,
    });
    await app.line(/Executed 'Functions\.nightly' \(Succeeded/);

    clock.advanceTo(Date.UTC(2026, 0, 2, 3));
    expect(await app.next('retried')).toEqual({ count: 0, most: null, message: null });
    await app.line(/Executed 'Functions\.retried' \(Failed/);
    await expect.poll(() => clock.nextDueAt()).toBe(Date.UTC(2026, 0, 2, 3, 0, 10));
    clock.advanceBy(10_000);
    expect(await app.next('retried')).toEqual({ count: 1, most: 2, message: 'too early' });
    await expect.poll(() => clock.nextDueAt()).toBe(Date.UTC(2026, 0, 2, 3, 0, 20));
    clock.advanceBy(10_000);
    expect(await app.next('retried')).toEqual({ count: 2, most: 2, message: 'too early' });

    await app.close();
    expect(clock.pendingTimers).toBe(0);

    // Over the weekend nothing was missed; by Tuesday the run of Monday was.
    clock.advanceTo(Date.UTC(2026, 0, 4, 12));
    app = await start(clock);
    await app.next('at-start');
    expect(app.recorded('nightly')).toEqual([]);
    await app.close();
    clock.advanceTo(Date.UTC(2026, 0, 6, 1));
    app = await start(clock);
    expect(await app.next('nightly')).toMatchObject({
      timer: {
        isPastDue: true,
        scheduleStatus: { last: '2026-01-02T02:30:00.000Z', next: '2026-01-05T02:30:00.000Z' },
      },
    });
    await app.line(/Executed 'Functions\.nightly' \(Succeeded/);
    await app.close();
  });

  it('runs by hand', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 5, 1));
    const app = await start(clock);
    const response = await fetch(`${app.url}/admin/functions/often`, { method: 'POST', body: '{"input":""}' });
    expect(response.status).toBe(202);
    expect(await app.next('often')).toMatchObject({ isPastDue: false });
    clock.advanceBy(hourMs);
    await app.close();
  });
});
