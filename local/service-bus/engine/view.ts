import type { Instant } from '../../clock/clock.ts';
import { type ContentLocation, contentAt } from './content-arena.ts';
import type { MessageChanges, MessageProperties, MessageView, PropertyValue } from './values.ts';

const NULL: PropertyValue = { type: 'null' };
/** `FileTime` of the service's "never": year 9999, the most a DateTime can say. */
const NEVER = 253402300799999;
/** TimeSpan.MaxValue. */
const LONGEST_TIMESPAN_TICKS = 9223372036854775807n;

const text = (value: string | undefined): PropertyValue => (value === undefined ? NULL : { type: 'string', value });
const long = (value: number): PropertyValue => ({ type: 'long', value: BigInt(value) });
const time = (value: Instant | undefined): PropertyValue =>
  value === undefined ? NULL : { type: 'timestamp', value: Math.min(value, NEVER) };

/** A message that arrives at a subscription, as its rules see it. */
export interface ViewSource {
  readonly location: ContentLocation;
  readonly properties: MessageProperties;
  readonly changes: MessageChanges | undefined;
  readonly sequenceNumber: number;
  readonly enqueuedSequenceNumber: number;
  readonly enqueuedAt: Instant;
  readonly timeToLiveMs: number | undefined;
  readonly deadLetterSource: string | undefined;
}

type Getter = (source: ViewSource) => PropertyValue;

/** The system properties of service-bus-filters.md §2, by lower-cased `sys.` name. */
const SYSTEM: Readonly<Record<string, Getter>> = {
  contenttype: ({ properties }) => text(properties.contentType),
  correlationid: ({ properties }) => text(properties.correlationId),
  deadlettersource: ({ deadLetterSource }) => text(deadLetterSource),
  label: ({ properties }) => text(properties.subject),
  // Unproven of the service, but what [X] and the new SDKs' name suggest: accepted (service-bus-filters.md §2).
  subject: ({ properties }) => text(properties.subject),
  messageid: ({ properties }) => text(properties.messageId),
  partitionkey: ({ properties }) => text(properties.partitionKey ?? properties.sessionId),
  replyto: ({ properties }) => text(properties.replyTo),
  replytosessionid: ({ properties }) => text(properties.replyToSessionId),
  sessionid: ({ properties }) => text(properties.sessionId),
  to: ({ properties }) => text(properties.to),
  viapartitionkey: ({ properties }) => text(properties.viaPartitionKey),
  deliverycount: () => ({ type: 'int', value: 0 }),
  enqueuedsequencenumber: ({ enqueuedSequenceNumber }) => long(enqueuedSequenceNumber),
  sequencenumber: ({ sequenceNumber }) => long(sequenceNumber),
  size: ({ location }) => long(location.length),
  enqueuedtimeutc: ({ enqueuedAt }) => time(enqueuedAt),
  expiresatutc: ({ enqueuedAt, timeToLiveMs }) => time(timeToLiveMs === undefined ? NEVER : enqueuedAt + timeToLiveMs),
  lockeduntilutc: () => NULL,
  scheduledenqueuetimeutc: ({ properties }) => time(properties.scheduledEnqueueAt),
  locktoken: () => NULL,
  timetolive: ({ timeToLiveMs }) => ({
    type: 'timespan',
    ticks: timeToLiveMs === undefined ? LONGEST_TIMESPAN_TICKS : BigInt(Math.round(timeToLiveMs)) * 10_000n,
  }),
  forcepersistence: () => ({ type: 'boolean', value: false }),
  state: () => ({ type: 'int', value: 0 }),
};

/** The view of one message, shared by all rules of all subscriptions: application properties are decoded once at most. */
export class ArrivalView implements MessageView {
  private readonly source: ViewSource;
  private decoded: ReadonlyMap<string, PropertyValue> | undefined;

  constructor(source: ViewSource) {
    this.source = source;
  }

  system(name: string): PropertyValue | undefined {
    const key = name.toLowerCase();
    return Object.hasOwn(SYSTEM, key) ? SYSTEM[key]!(this.source) : undefined;
  }

  get applicationProperties(): ReadonlyMap<string, PropertyValue> {
    this.decoded ??= this.decode();
    return this.decoded;
  }

  private decode(): ReadonlyMap<string, PropertyValue> {
    const { location, changes } = this.source;
    const sent = location.slab.arena.reader.readApplicationProperties(contentAt(location));
    if (!changes || changes.application.size === 0) return sent;
    const changed = new Map(sent);
    for (const [name, value] of changes.application) {
      if (value === undefined) changed.delete(name);
      else changed.set(name, value);
    }
    return changed;
  }
}
