import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectAnomalies } from '../../../functions/telemetry/detect-anomalies.ts';
import { now } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { handling, readings } from '../../support/app/readings.ts';
import { recordingMessaging } from '../../support/app/recording-messaging.ts';

function plant() {
  const tables = { conditions: memoryRows(), anomalies: memoryRows() };
  return { ...tables, messaging: recordingMessaging(), now, handling: handling() };
}

describe('detect-anomalies', () => {
  it('given three hot readings in a row, then there is one anomaly and one alert', async () => {
    const deps = plant();
    await detectAnomalies(readings('press-1', [60, 95, 96, 97, 98]), deps);
    expect(deps.anomalies.all()).toMatchObject([{ press: 'press-1', temperatureInCelsius: 97 }]);
    expect(deps.messaging.sent).toMatchObject([{ to: 'operations', message: { data: { title: 'press-1 runs hot' } } }]);
  });

  it('given hot readings with a cool one between, then there is none', async () => {
    const deps = plant();
    await detectAnomalies(readings('press-1', [95, 96, 60, 95, 96]), deps);
    expect(deps.anomalies.all()).toEqual([]);
  });

  it('given three in a row over two batches, then the state between them is kept', async () => {
    const deps = plant();
    await detectAnomalies(readings('press-1', [95, 96]), deps);
    await detectAnomalies(readings('press-1', [97], 2), deps);
    expect(deps.anomalies.all()).toHaveLength(1);
  });

  it('given a press at the limit, then it is one anomaly until it is well below', async () => {
    const deps = plant();
    await detectAnomalies(readings('press-1', [95, 95, 95, 88, 95, 95, 95, 60, 95, 95, 95]), deps);
    expect(deps.anomalies.all()).toHaveLength(2);
  });

  it('given an alert that fails, when the batch comes again, then it is the same anomaly', async () => {
    const deps = plant();
    deps.messaging.failNext(new Error('Event Grid away'));
    await expect(detectAnomalies(readings('press-1', [95, 95, 95]), deps)).rejects.toThrow('Event Grid away');
    await detectAnomalies(readings('press-1', [95, 95, 95]), deps);
    expect(deps.anomalies.all()).toHaveLength(1);
    expect(deps.messaging.sent).toHaveLength(1);
  });

  it('given any readings, cut into batches anyhow and read again from anywhere, then the anomalies are the same', async () => {
    const temperatures = fc.array(fc.constantFrom(60, 88, 95), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        temperatures,
        fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 5 }),
        async (all, cuts) => {
          const whole = plant();
          await detectAnomalies(readings('press-1', all), whole);
          const cut = plant();
          let reached = 0;
          for (const [from, to] of cuts) {
            // A reader starts at its checkpoint or before it, never behind what was not read.
            const start = Math.min(from, reached);
            await detectAnomalies(readings('press-1', all.slice(start, to), start), cut);
            reached = Math.max(reached, Math.min(to, all.length));
          }
          await detectAnomalies(readings('press-1', all), cut);
          const ids = (rows: { all(): { rowKey: string }[] }) => rows.all().map(({ rowKey }) => rowKey);
          expect(ids(cut.anomalies)).toEqual(ids(whole.anomalies));
          expect(cut.messaging.sent).toHaveLength(whole.messaging.sent.length);
        },
      ),
    );
  });
});
