import type { Messaging } from '../../shared/messaging/messaging.ts';
import type { BatchHandling } from '../../shared/messaging/triggers/event-hubs.ts';
import { done, type Outcome, retryLater } from '../../shared/reliability/outcome.ts';
import { type Rows, toKey } from '../../shared/storage/rows.ts';
import { byPress, type PlacedReading, type ReadingEvent, unseen } from './press-readings.ts';
import { meanOf, type RollingAverage, takeIn } from './rolling-average.ts';

/** Keeps the rolling average of every press: one write a press and batch, however many readings came. */
export function averageReadings(
  events: readonly ReadingEvent[],
  deps: { averages: Rows; messaging: Pick<Messaging, 'enqueue'>; now: () => number; handling: BatchHandling },
): Promise<void> {
  const { averages, messaging, now, handling } = deps;
  return byPress(events, (press, readings) => average(press, readings, averages, now), {
    consumerGroup: 'rolling-average',
    messaging,
    handling,
  });
}

async function average(
  press: string,
  readings: readonly PlacedReading[],
  averages: Rows,
  now: () => number,
): Promise<Outcome> {
  const keys = { partitionKey: toKey(press), rowKey: 'average' };
  const row = await averages.read(keys.partitionKey, keys.rowKey);
  const fresh = unseen(row, readings);
  const last = fresh.at(-1);
  if (!last) return done;
  const before: RollingAverage = row
    ? { window: JSON.parse(String(row.window)) as number[], count: Number(row.count) }
    : { window: [], count: 0 };
  const after = fresh.reduce((state, { reading }) => takeIn(state, reading.data.temperatureInCelsius), before);
  const next = {
    ...keys,
    press,
    window: JSON.stringify(after.window),
    count: after.count,
    averageTemperatureInCelsius: meanOf(after),
    partitionId: last.position.partitionId,
    lastSequenceNumber: last.position.sequenceNumber,
    averagedAt: new Date(now()).toISOString(),
  };
  const { outcome } = row ? await averages.replace(next, row.etag) : await averages.insert(next);
  // A partition has one reader, except while it changes hands: then two may write, and one of them has to look again.
  return outcome === 'changed' || outcome === 'exists' ? retryLater(`The average of ${press} changed just now.`) : done;
}
