import { describe, expect, it } from 'vitest';
import { averageReadings } from '../../../functions/telemetry/average-readings.ts';
import { now } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { handling, readings, unreadable } from '../../support/app/readings.ts';
import { recordingMessaging } from '../../support/app/recording-messaging.ts';

function plant() {
  return { averages: memoryRows(), messaging: recordingMessaging(), now, handling: handling() };
}

describe('average-readings', () => {
  it('given readings of two presses, then each has the average of its own', async () => {
    const deps = plant();
    await averageReadings([...readings('press-1', [50, 70]), ...readings('press-2', [40], 2)], deps);
    expect(deps.averages.all()).toMatchObject([
      { press: 'press-1', averageTemperatureInCelsius: 60, count: 2 },
      { press: 'press-2', averageTemperatureInCelsius: 40, count: 1 },
    ]);
  });

  it('given more readings than the window, then the old ones leave it', async () => {
    const deps = plant();
    await averageReadings(readings('press-1', [...Array(30).fill(10), ...Array(20).fill(50)]), deps);
    expect(deps.averages.all()).toMatchObject([{ averageTemperatureInCelsius: 50, count: 50 }]);
  });

  it('given a batch that comes again with more behind it, then only what is new is taken in', async () => {
    const deps = plant();
    await averageReadings(readings('press-1', [50, 70]), deps);
    await averageReadings(readings('press-1', [50, 70, 90]), deps);
    expect(deps.averages.all()).toMatchObject([{ averageTemperatureInCelsius: 70, count: 3, lastSequenceNumber: 2 }]);
  });

  it('given a press that moved to another partition, then its readings there are new', async () => {
    const deps = plant();
    await averageReadings(readings('press-1', [50], 100), deps);
    await averageReadings(readings('press-1', [70], 0, '3'), deps);
    expect(deps.averages.all()).toMatchObject([{ averageTemperatureInCelsius: 60, partitionId: '3' }]);
  });

  it('given an event that cannot be read, then it is kept in quarantine and the others are taken in', async () => {
    const deps = plant();
    await averageReadings([unreadable(0), ...readings('press-1', [50], 1)], deps);
    expect(deps.averages.all()).toMatchObject([{ count: 1 }]);
    expect(deps.messaging.sent).toMatchObject([
      {
        to: 'telemetry-quarantine',
        message: { data: { consumerGroup: 'rolling-average', sequenceNumber: 0, problem: 'press: missing' } },
      },
    ]);
  });

  it('given a table that is away, then the batch fails, and on the last attempt its readings are kept', async () => {
    const deps = plant();
    const away = () => {
      throw new Error('table away');
    };
    deps.averages.interruptNext('read', away);
    await expect(averageReadings(readings('press-1', [50]), deps)).rejects.toThrow('table away');
    deps.averages.interruptNext('read', away);
    await averageReadings(readings('press-1', [50]), { ...deps, handling: handling(true) });
    expect(deps.messaging.sent).toMatchObject([{ to: 'telemetry-quarantine' }]);
  });

  it('given another reader that writes in between, then the batch fails and is taken in when it comes again', async () => {
    const deps = plant();
    await averageReadings(readings('press-1', [50]), deps);
    const [row] = deps.averages.all();
    deps.averages.interruptNext('replace', () => deps.averages.put(row!));
    await expect(averageReadings(readings('press-1', [70], 1), deps)).rejects.toThrow('changed just now');
    await averageReadings(readings('press-1', [70], 1), deps);
    expect(deps.averages.all()).toMatchObject([{ count: 2 }]);
  });
});
