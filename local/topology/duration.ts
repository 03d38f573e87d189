/** .NET's `TimeSpan.MaxValue`, which ARM and the service use for "no limit". */
export const NO_LIMIT = 'P10675199DT2H48M5.4775807S';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NO_LIMIT_MS = 10_675_199 * DAY_MS;

/** ISO 8601 durations as ARM takes them: days and smaller, and weeks; no years or months, which have no fixed length. */
export const DURATION_PATTERN =
  '^P(?=[0-9]|T[0-9])(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\\.[0-9]+)?)S)?)?$';
const pattern = new RegExp(DURATION_PATTERN);

/** Milliseconds; `Infinity` for {@link NO_LIMIT} and beyond; `undefined` if the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const parts = pattern.exec(text);
  if (!parts) return undefined;
  const [weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const durationMs =
    weeks! * 7 * DAY_MS + days! * DAY_MS + hours! * HOUR_MS + minutes! * MINUTE_MS + seconds! * SECOND_MS;
  return durationMs >= NO_LIMIT_MS ? Number.POSITIVE_INFINITY : durationMs;
}

/** The shortest ISO 8601 text of a duration in milliseconds: `PT1M`, `P14D`, `PT0S`. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return NO_LIMIT;
  const days = Math.floor(durationMs / DAY_MS);
  const hours = Math.floor((durationMs % DAY_MS) / HOUR_MS);
  const minutes = Math.floor((durationMs % HOUR_MS) / MINUTE_MS);
  const seconds = (durationMs % MINUTE_MS) / SECOND_MS;
  const time = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${seconds ? `${seconds}S` : ''}`;
  if (!days && !time) return 'PT0S';
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}`;
}
