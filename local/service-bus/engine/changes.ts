import type { MessageChanges, MessageProperties, PropertyValue, SettableSystemProperty } from './values.ts';

const NONE: ReadonlyMap<never, never> = new Map<never, never>();

export function applicationChanges(entries: Iterable<readonly [string, PropertyValue]>): MessageChanges | undefined {
  const application = new Map(entries);
  return application.size > 0 ? { system: NONE, application } : undefined;
}

export function systemChange(name: SettableSystemProperty, value: PropertyValue): MessageChanges {
  return { system: new Map([[name, value]]), application: NONE };
}

/** The later ones win. */
export function mergeChanges(
  earlier: MessageChanges | undefined,
  later: MessageChanges | undefined,
): MessageChanges | undefined {
  if (!earlier || !later) return later ?? earlier;
  return {
    system: later.system.size > 0 ? new Map([...earlier.system, ...later.system]) : earlier.system,
    application:
      later.application.size > 0 ? new Map([...earlier.application, ...later.application]) : earlier.application,
  };
}

/** About what the changes add to the encoded message: names and texts, and 8 bytes for any other value. */
export function changedBytes(changes: MessageChanges | undefined): number {
  let bytes = 0;
  for (const [name, value] of [...(changes?.system ?? []), ...(changes?.application ?? [])])
    bytes += name.length + (value && 'value' in value && typeof value.value === 'string' ? utf8Length(value.value) : 8);
  return bytes;
}

const utf8Length = (text: string): number => new TextEncoder().encode(text).length;

const TICKS_PER_MS = 10_000n;

function text(value: PropertyValue): string | undefined {
  if (value.type === 'null') return undefined;
  if ('value' in value && (typeof value.value !== 'object' || value.value === null)) return String(value.value);
  return undefined;
}

function milliseconds(value: PropertyValue): number | undefined {
  switch (value.type) {
    case 'timespan':
      return Number(value.ticks / TICKS_PER_MS);
    case 'timestamp':
    case 'byte':
    case 'ubyte':
    case 'short':
    case 'ushort':
    case 'int':
    case 'uint':
    case 'float':
    case 'double':
      return value.value;
    case 'long':
    case 'ulong':
      return Number(value.value);
    default:
      return undefined;
  }
}

/** Which decoded property each settable system property is. `ForcePersistence` is none: it has no effect. */
const TEXT_PROPERTIES = {
  ContentType: 'contentType',
  CorrelationId: 'correlationId',
  Label: 'subject',
  MessageId: 'messageId',
  PartitionKey: 'partitionKey',
  ReplyTo: 'replyTo',
  ReplyToSessionId: 'replyToSessionId',
  SessionId: 'sessionId',
  To: 'to',
  ViaPartitionKey: 'viaPartitionKey',
} as const;

/** The properties as they came, with the broker's changes applied. */
export function changedProperties(
  properties: MessageProperties,
  changes: MessageChanges | undefined,
): MessageProperties {
  if (!changes || changes.system.size === 0) return properties;
  const changed: { -readonly [Key in keyof MessageProperties]: MessageProperties[Key] } = { ...properties };
  for (const [name, value] of changes.system) {
    if (name === 'TimeToLive') changed.timeToLiveMs = milliseconds(value);
    else if (name === 'ScheduledEnqueueTimeUtc') changed.scheduledEnqueueAt = milliseconds(value);
    else if (name !== 'ForcePersistence') changed[TEXT_PROPERTIES[name]] = text(value);
  }
  return changed;
}
