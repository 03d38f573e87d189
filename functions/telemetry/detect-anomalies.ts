import { AlertRaised } from '../../shared/messages/alert-raised.ts';
import { derivedId } from '../../shared/messaging/derived-id.ts';
import { envelope } from '../../shared/messaging/envelope.ts';
import type { Messaging } from '../../shared/messaging/messaging.ts';
import type { BatchHandling } from '../../shared/messaging/triggers/event-hubs.ts';
import { done, type Outcome, retryLater } from '../../shared/reliability/outcome.ts';
import { type Rows, toKey } from '../../shared/storage/rows.ts';
import { topology } from '../../shared/topology.ts';
import { hotAboveInCelsius, normal, observe, type PressCondition, readingsInARow } from './anomaly-rule.ts';
import { byPress, type PlacedReading, type ReadingEvent, unseen } from './press-readings.ts';

interface Dependencies {
  readonly conditions: Rows;
  readonly anomalies: Rows;
  readonly messaging: Pick<Messaging, 'enqueue' | 'publish'>;
  readonly now: () => number;
  readonly handling: BatchHandling;
}

/**
 * Finds presses that run hot: several readings in a row above the limit, so what counts is their order, which a partition
 * keeps. The effects (row, alert) come before the state and carry ids that follow from the reading: when the process dies
 * between them, the repeated batch finds the same anomaly and writes the same.
 */
export function detectAnomalies(events: readonly ReadingEvent[], deps: Dependencies): Promise<void> {
  const { messaging, handling } = deps;
  return byPress(events, (press, readings) => detect(press, readings, deps), {
    consumerGroup: 'anomalies',
    messaging,
    handling,
  });
}

async function detect(press: string, readings: readonly PlacedReading[], deps: Dependencies): Promise<Outcome> {
  const { conditions } = deps;
  const keys = { partitionKey: toKey(press), rowKey: 'condition' };
  const row = await conditions.read(keys.partitionKey, keys.rowKey);
  const fresh = unseen(row, readings);
  const last = fresh.at(-1);
  if (!last) return done;
  let condition: PressCondition = row ? { hotInARow: Number(row.hotInARow), isHot: row.isHot === true } : normal;
  for (const placed of fresh) {
    const { began, ...next } = observe(condition, placed.reading.data.temperatureInCelsius);
    condition = next;
    if (began) await raise(press, placed, deps);
  }
  const { partitionId, sequenceNumber: lastSequenceNumber } = last.position;
  const next = { ...keys, press, ...condition, partitionId, lastSequenceNumber };
  const { outcome } = row ? await conditions.replace(next, row.etag) : await conditions.insert(next);
  return outcome === 'changed' || outcome === 'exists' ? retryLater(`The state of ${press} changed just now.`) : done;
}

async function raise(press: string, { reading, position }: PlacedReading, deps: Dependencies): Promise<void> {
  const { partitionId, sequenceNumber } = position;
  const anomalyId = derivedId('anomaly', press, partitionId, String(sequenceNumber), reading.data.takenAt);
  const { takenAt, temperatureInCelsius } = reading.data;
  await deps.anomalies.put({
    partitionKey: toKey(press),
    rowKey: anomalyId,
    press,
    beganAt: takenAt,
    temperatureInCelsius,
    detectedAt: new Date(deps.now()).toISOString(),
  });
  const title = `${press} runs hot`;
  const text = `${readingsInARow} readings in a row above ${hotAboveInCelsius} °C, the last ${temperatureInCelsius} °C at ${takenAt}.`;
  await deps.messaging.publish(
    topology.operations,
    `presses/${press}`,
    envelope(AlertRaised, { alertId: anomalyId, severity: 'high', title, text }, { id: anomalyId, cause: reading }),
  );
}
