import { Cron } from 'croner';
import { parseTimeSpan } from '../../engine/time-span.ts';
import { FunctionsHostError } from '../../types.ts';

/** When a timer fires; instants in milliseconds since the epoch. */
export interface Schedule {
  /** The first occurrence after the instant. */
  next(after: number): number;
}

/**
 * An NCRONTAB expression of six fields (`{second} {minute} {hour} {day} {month} {day of week}`), one of five (without
 * seconds), or a TimeSpan between two runs (learn.microsoft.com, "Timer trigger: NCRONTAB expressions"). Where both day and
 * day of week are given, both must fit.
 *
 * @param timeZone an IANA name (`WEBSITE_TIME_ZONE`); default UTC
 * @throws {@link FunctionsHostError} saying what cannot be read
 */
export function parseSchedule(text: string, timeZone: string | undefined): Schedule {
  const fields = text.trim().split(/\s+/);
  if (fields.length === 1) {
    const intervalMs = parseTimeSpan(text);
    if (intervalMs === undefined || intervalMs <= 0) throw unreadable(text);
    return { next: (after) => after + intervalMs };
  }
  // The library knows more (L, W, #, ?, @daily) than NCRONTAB does; Azure would refuse it.
  if ((fields.length !== 5 && fields.length !== 6) || !fields.every((field) => /^[A-Za-z0-9*,/-]+$/.test(field))) {
    throw unreadable(text);
  }
  let cron: Cron;
  try {
    cron = new Cron(fields.length === 5 ? `0 ${text.trim()}` : text.trim(), {
      paused: true,
      domAndDow: true,
      timezone: timeZone ?? 'UTC',
    });
    cron.nextRun(new Date(0));
  } catch (error) {
    throw new FunctionsHostError(`the schedule "${text}" cannot be used: ${(error as Error).message}`);
  }
  return {
    next(after) {
      const found = cron.nextRun(new Date(after));
      if (!found) throw new FunctionsHostError(`the schedule "${text}" never comes again.`);
      return found.getTime();
    },
  };
}

function unreadable(text: string): FunctionsHostError {
  return new FunctionsHostError(
    `the schedule "${text}" cannot be read; write six fields, such as "0 */5 * * * *", or a time span, such as "00:05:00".`,
  );
}
