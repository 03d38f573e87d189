import { describe, expect, it } from 'vitest';
import {
  type CaptureSettings,
  type CaptureWindow,
  PartitionCapture,
} from '../../../local/event-hubs/engine/partition-capture.ts';
import { event, events, givenHub, numbersOf, publish } from './hub-under-test.ts';

const MINUTE_MS = 60_000;

function givenCapture(settings: Partial<CaptureSettings> = {}, capturedUpTo = -1) {
  const test = givenHub();
  const windows: CaptureWindow[] = [];
  const capture = new PartitionCapture({
    clock: test.clock,
    log: test.hub.partitions[0]!.log,
    settings: { intervalMs: MINUTE_MS, sizeLimitInBytes: 10_485_760, skipEmptyArchives: false, ...settings },
    capturedUpTo,
    onWindow: (window) => windows.push(window),
  });
  test.engine.onEvent((happened) => {
    if (happened.type === 'committed' && happened.partition === 0) capture.advance();
  });
  return { ...test, capture, windows, start: test.clock.now() };
}

describe('capture windows', () => {
  it('given no event yet, when time passes, then there is no window', () => {
    const { clock, windows } = givenCapture();
    clock.advanceBy(10 * MINUTE_MS);
    expect(windows).toEqual([]);
  });

  it('given events, when the interval is over, then they are one window, named by its start', () => {
    const { clock, hub, windows, start } = givenCapture();
    clock.advanceBy(5000);
    publish(hub, events(3), '0');
    clock.advanceBy(20_000);
    publish(hub, events(1), '0');
    publish(hub, events(9), '1');
    clock.advanceBy(40_000);
    expect(windows).toHaveLength(1);
    expect(windows[0]).toMatchObject({ startedAt: start + 5000, endedAt: start + 65_000 });
    expect(numbersOf(windows[0]!.events)).toEqual([0, 1, 2, 3]);
  });

  it.each([
    [false, [2, 0, 0]],
    [true, [2]],
  ])('given quiet windows, when skipEmptyArchives is %s, then their sizes are %o', (skipEmptyArchives, sizes) => {
    const { clock, hub, windows } = givenCapture({ skipEmptyArchives });
    publish(hub, events(2), '0');
    clock.advanceBy(3 * MINUTE_MS);
    expect(windows.map((window) => window.events.length)).toEqual(sizes);
  });

  it('given the size limit, when reached, then the window ends at once and the next one starts', () => {
    const { clock, hub, windows, start } = givenCapture({ sizeLimitInBytes: 2000 });
    for (let index = 0; index < 5; index += 1) publish(hub, [event('x'.repeat(700))], '0');
    expect(windows.map((window) => numbersOf(window.events))).toEqual([[0, 1, 2]]);
    clock.advanceBy(MINUTE_MS);
    expect(numbersOf(windows[1]!.events)).toEqual([3, 4]);
    expect(windows[1]).toMatchObject({ startedAt: start, endedAt: start + MINUTE_MS });
  });

  it('given events captured before a restart, when it goes on, then only the rest is captured', () => {
    const { clock, hub, windows } = givenCapture({}, 1);
    publish(hub, events(4), '0');
    clock.advanceBy(MINUTE_MS);
    expect(numbersOf(windows[0]!.events)).toEqual([2, 3]);
  });

  it('given a closed capture, when time passes, then nothing happens and no timer is left', () => {
    const { clock, hub, windows, capture, engine } = givenCapture();
    publish(hub, events(1), '0');
    capture.close();
    engine.close();
    expect(clock.pendingTimers).toBe(0);
    clock.advanceBy(MINUTE_MS);
    expect(windows).toEqual([]);
  });
});
