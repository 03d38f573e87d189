import type { ReadingEvent } from '../../../functions/telemetry/press-readings.ts';
import { PressReadingTaken } from '../../../shared/messages/press-reading-taken.ts';
import type { BatchHandling } from '../../../shared/messaging/triggers/event-hubs.ts';
import { example, keptLog } from './handling.ts';

/** Readings of one press, with sequence numbers from `from`. */
export function readings(press: string, temperatures: readonly number[], from = 0, partitionId = '0'): ReadingEvent[] {
  return temperatures.map((temperatureInCelsius, index) => {
    const sequenceNumber = from + index;
    const id = `telemetry/${partitionId}/${sequenceNumber}`;
    const message = example(PressReadingTaken, { press, temperatureInCelsius }, id);
    return { position: { partitionId, sequenceNumber }, body: message.data, received: { ok: true, message } };
  });
}

export function unreadable(sequenceNumber: number): ReadingEvent {
  const received = { ok: false as const, problem: 'press: missing' };
  return { position: { partitionId: '0', sequenceNumber }, body: { pres: 'press-1' }, received };
}

export function handling(isLastAttempt = false): BatchHandling & { log: ReturnType<typeof keptLog> } {
  return { log: keptLog(), isLastAttempt };
}
