/**
 * .NET's TimeSpan as host.json and timer schedules write it: `[-][d.]hh:mm[:ss[.fffffff]]`, or `d` alone for days.
 *
 * @returns milliseconds, or `undefined` if the text is no time span
 */
export function parseTimeSpan(text: string): number | undefined {
  const found =
    /^(-)?(?:(?:(\d+)(?:\.|:(?=\d+:\d+:\d)))?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?|(\d+))$/.exec(
      text.trim(),
    );
  if (!found) return undefined;
  const [, minus, days, hours = '0', minutes = '0', seconds = '0', fraction = '', onlyDays] = found;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const wholeDays = Number(onlyDays ?? days ?? 0);
  const totalSeconds = ((wholeDays * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  const durationMs = totalSeconds * 1000 + Number(fraction.padEnd(7, '0')) / 10_000;
  return minus ? -durationMs : durationMs;
}
