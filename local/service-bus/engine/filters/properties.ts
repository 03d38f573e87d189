import type { MessageView, PropertyValue } from '../api.ts';
import { foldName, SYSTEM_NAME_ALIASES } from './choices.ts';
import { decimalFromText, decimalToText } from './decimal.ts';
import { type Evaluated, fault, type SqlValue } from './values.ts';

/** The spelling under which a message has the property: the exact one first, else one that differs in letter case. */
export function findKey(
  properties: ReadonlyMap<string, PropertyValue>,
  name: string,
  folded: string,
): string | undefined {
  if (properties.has(name)) return name;
  for (const key of properties.keys()) if (key.length === folded.length && foldName(key) === folded) return key;
  return undefined;
}

/** A user property's value; `undefined` (unknown) when the message has none of that name. */
export function userProperty(
  properties: ReadonlyMap<string, PropertyValue>,
  name: string,
  folded: string,
): SqlValue | undefined {
  const key = findKey(properties, name, folded);
  return key === undefined ? undefined : toSqlValue(properties.get(key)!);
}

/** Reads a system property; one that is not set is null, one that does not exist a fault. */
export function systemReader(name: string): (view: MessageView) => Evaluated {
  const asked = SYSTEM_NAME_ALIASES.get(foldName(name)) ?? name;
  const missing = fault(`The system property 'sys.${name}' does not exist.`);
  return (view) => {
    const value = view.system(asked);
    return value === undefined ? missing : toSqlValue(value);
  };
}

/** Most types are the same on both sides, so that reading a property makes no object. */
export function toSqlValue(value: PropertyValue): SqlValue {
  switch (value.type) {
    case 'symbol':
      return { type: 'string', value: value.value };
    case 'byte':
    case 'ubyte':
    case 'short':
    case 'ushort':
      return { type: 'int', value: value.value };
    case 'decimal':
      return decimalFromText(value.value) ?? { type: 'opaque', original: value };
    case 'uuid':
      return { type: 'guid', value: value.value };
    case 'timestamp':
      return { type: 'datetime', value: value.value };
    case 'timespan':
      return { type: 'timespan', value: value.ticks };
    case 'binary':
    case 'other':
      return { type: 'opaque', original: value };
    default:
      return value as SqlValue;
  }
}

export function fromSqlValue(value: SqlValue): PropertyValue {
  switch (value.type) {
    case 'guid':
      return { type: 'uuid', value: value.value };
    case 'datetime':
      return { type: 'timestamp', value: value.value };
    case 'timespan':
      return { type: 'timespan', ticks: value.value };
    case 'decimal':
      return { type: 'decimal', value: decimalToText(value) };
    case 'opaque':
      return value.original;
    case 'long':
    case 'ulong':
      return { type: value.type, value: value.value };
    default:
      return value;
  }
}
