import type { FilterValue, PropertyValue } from '../../../engine/api.ts';
import type { XmlContent, XmlElement } from '../xml.ts';
import { formatInstant } from './value-formats.ts';

const SCHEMA = 'http://www.w3.org/2001/XMLSchema';
/** .NET's serializer has its own namespace for a time span's type (recorded: azure-servicebus, test_mgmt_rule_create). */
const SERIALIZATION = 'http://schemas.microsoft.com/2003/10/Serialization/';
const LARGEST_INT = 2 ** 31;
const TICKS_PER_SECOND = 10_000_000n;

/** The values of a filter's or an action's `Parameters` or `Properties`; `problem` names the first that is not of its type. */
export function readFilterValues(
  element: XmlElement | undefined,
): { readonly values: Readonly<Record<string, FilterValue>> | undefined } | { readonly problem: string } {
  const values: Record<string, FilterValue> = {};
  for (const pair of element?.all('KeyValueOfstringanyType') ?? []) {
    const key = pair.child('Key')?.text ?? '';
    const value = pair.child('Value');
    const type = localName(value?.attribute('type')) ?? 'string';
    const read = readValue(type, value?.text ?? '');
    if (read === undefined) return { problem: `The value of '${key}' is no ${type}.` };
    values[key] = read;
  }
  return { values: Object.keys(values).length > 0 ? values : undefined };
}

/** `l28:string` is `string`. */
export function localName(name: string | undefined): string | undefined {
  return name?.slice(name.indexOf(':') + 1);
}

/** The integers of XML Schema and those of AMQP that hold the same numbers. */
const INTEGERS = {
  byte: 'byte',
  unsignedByte: 'ubyte',
  short: 'short',
  unsignedShort: 'ushort',
  int: 'int',
  unsignedInt: 'uint',
} as const;
const LONG_INTEGERS = { long: 'long', unsignedLong: 'ulong' } as const;

function readValue(type: string, text: string): FilterValue | undefined {
  const isWhole = /^\s*[+-]?\d+\s*$/.test(text);
  if (Object.hasOwn(INTEGERS, type))
    return isWhole ? { type: INTEGERS[type as keyof typeof INTEGERS], value: Number(text) } : undefined;
  if (Object.hasOwn(LONG_INTEGERS, type))
    return isWhole ? { type: LONG_INTEGERS[type as keyof typeof LONG_INTEGERS], value: BigInt(text) } : undefined;
  switch (type) {
    case 'double':
    case 'float':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? { type, value: Number(text) } : undefined;
    case 'decimal':
      return /^\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*$/.test(text) ? { type, value: text.trim() } : undefined;
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : undefined;
    case 'dateTime': {
      // A time without an offset counts as UTC, and Azure answers it without one (recorded: azure-servicebus, test_mgmt_rule_create).
      const given = text.trim();
      const value = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(given) ? given : `${given}Z`);
      return Number.isNaN(value) ? undefined : { type: 'timestamp', value, text: given };
    }
    case 'duration': {
      const ticks = readTicks(text.trim());
      return ticks === undefined ? undefined : { type: 'timespan', ticks };
    }
    default:
      return text;
  }
}

const DURATION = /^(-)?P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,7}))?S)?)?$/;

/** A time span in units of 100 ns, as .NET's XmlConvert writes it: `-P1DT2H3M4.5S`. */
function readTicks(text: string): bigint | undefined {
  const parts = DURATION.exec(text);
  if (!parts) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(2, 6).map((part) => BigInt(part ?? 0));
  const whole = ((days! * 24n + hours!) * 60n + minutes!) * 60n + seconds!;
  const ticks = whole * TICKS_PER_SECOND + BigInt((parts[6] ?? '').padEnd(7, '0'));
  return parts[1] ? -ticks : ticks;
}

function writeTicks(ticks: bigint): string {
  const length = ticks < 0n ? -ticks : ticks;
  const whole = length / TICKS_PER_SECOND;
  const fraction = (length % TICKS_PER_SECOND).toString().padStart(7, '0').replace(/0+$/, '');
  const [days, hours, minutes, seconds] = [whole / 86_400n, (whole / 3600n) % 24n, (whole / 60n) % 60n, whole % 60n];
  const time = [
    hours ? `${hours}H` : '',
    minutes ? `${minutes}M` : '',
    seconds || fraction ? `${seconds}${fraction && `.${fraction}`}S` : '',
  ].join('');
  if (!days && time === '') return 'PT0S';
  return `${ticks < 0n ? '-' : ''}P${days ? `${days}D` : ''}${time && `T${time}`}`;
}

export function writeFilterValues(values: Readonly<Record<string, FilterValue>>): XmlContent {
  return {
    KeyValueOfstringanyType: Object.entries(values).map(([key, value]) => {
      const [type, text] = written(value);
      const namespace = type === 'duration' ? SERIALIZATION : SCHEMA;
      return {
        Key: key,
        // The JavaScript client takes the type from the fifth character on, so the prefix has four: it is the service's.
        Value: { '@_i:type': `d6p1:${type}`, '@_xmlns:d6p1': namespace, '#text': text },
      };
    }),
  };
}

/** The value's type in XML Schema, and its text. */
function written(value: FilterValue): readonly [string, string] {
  switch (typeof value) {
    case 'string':
      return ['string', value];
    case 'boolean':
      return ['boolean', String(value)];
    case 'bigint':
      return ['long', String(value)];
    case 'number':
      return [Number.isInteger(value) && Math.abs(value) < LARGEST_INT ? 'int' : 'double', String(value)];
    default:
      return value instanceof Date ? ['dateTime', value.toISOString()] : writtenTyped(value);
  }
}

const SCHEMA_TYPES: Readonly<Partial<Record<PropertyValue['type'], string>>> = {
  ...Object.fromEntries(
    [...Object.entries(INTEGERS), ...Object.entries(LONG_INTEGERS)].map(([xml, amqp]) => [amqp, xml]),
  ),
  float: 'float',
  double: 'double',
  decimal: 'decimal',
  boolean: 'boolean',
};

function writtenTyped(value: PropertyValue): readonly [string, string] {
  switch (value.type) {
    case 'timestamp':
      return ['dateTime', value.text ?? formatInstant(value.value)];
    case 'timespan':
      return ['duration', writeTicks(value.ticks)];
    case 'null':
      return ['string', ''];
    case 'binary':
      return ['base64Binary', Buffer.from(value.value).toString('base64')];
    case 'other':
      return ['base64Binary', Buffer.from(value.encoded).toString('base64')];
    default:
      return [SCHEMA_TYPES[value.type] ?? 'string', String(value.value)];
  }
}
