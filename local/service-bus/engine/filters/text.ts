import { decimalToText } from './decimal.ts';
import { type SqlValue, TICKS_PER_MILLISECOND } from './values.ts';

/** A value as .NET's `ToString` with the invariant culture writes it; null is the empty string, as in concatenation. */
export function toText(value: SqlValue): string {
  switch (value.type) {
    case 'null':
      return '';
    case 'boolean':
      return value.value ? 'True' : 'False';
    case 'int':
    case 'uint':
    case 'long':
    case 'ulong':
      return String(value.value);
    case 'float':
    case 'double':
      return floatToText(value.type, value.value);
    case 'decimal':
      return decimalToText(value);
    case 'string':
    case 'char':
    case 'guid':
      return value.value;
    case 'datetime':
      return dateToText(value.value);
    case 'timespan':
      return timeSpanToText(value.value);
    case 'opaque':
      return 'System.IO.Stream';
  }
}

function floatToText(type: 'float' | 'double', value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const text = String(type === 'float' ? shortestFloat(value) : value);
  // .NET writes 1E+21 where JavaScript writes 1e+21.
  return text.replace('e', 'E');
}

/** The number of fewest digits that is still this float: 0.1, not 0.10000000149. */
function shortestFloat(value: number): number {
  for (let digits = 1; digits < 9; digits += 1) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}

/** `01/31/2026 13:05:00`: the general pattern of the invariant culture. */
function dateToText(instant: number): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return '';
  const [day, time] = date.toISOString().split('T') as [string, string];
  const [year, month, dayOfMonth] = day.split('-') as [string, string, string];
  return `${month}/${dayOfMonth}/${year} ${time.slice(0, 8)}`;
}

/** `[-][d.]hh:mm:ss[.fffffff]`: the constant pattern. */
function timeSpanToText(ticks: bigint): string {
  const magnitude = ticks < 0n ? -ticks : ticks;
  const totalSeconds = magnitude / (TICKS_PER_MILLISECOND * 1000n);
  const fraction = magnitude % (TICKS_PER_MILLISECOND * 1000n);
  const two = (part: bigint) => part.toString().padStart(2, '0');
  const days = totalSeconds / 86_400n;
  const clock = `${two((totalSeconds / 3600n) % 24n)}:${two((totalSeconds / 60n) % 60n)}:${two(totalSeconds % 60n)}`;
  const tail = fraction === 0n ? '' : `.${fraction.toString().padStart(7, '0')}`;
  return `${ticks < 0n ? '-' : ''}${days === 0n ? '' : `${days}.`}${clock}${tail}`;
}
