/**
 * Values of application and system properties as filters, actions and overlays see them. AMQP's type is kept, since the
 * rules of comparison depend on it (an `uint` is not a `long`).
 */
export type PropertyValue =
  | { readonly type: 'null' }
  | { readonly type: 'string' | 'symbol'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'byte' | 'ubyte' | 'short' | 'ushort' | 'int' | 'uint'; readonly value: number }
  | { readonly type: 'long' | 'ulong'; readonly value: bigint }
  | { readonly type: 'float' | 'double'; readonly value: number }
  /** Decimal text such as `-12.50` or `1E+3`. */
  | { readonly type: 'decimal'; readonly value: string }
  /** One character (a code point). */
  | { readonly type: 'char'; readonly value: string }
  /** Lower case, with hyphens. */
  | { readonly type: 'uuid'; readonly value: string }
  /** Milliseconds since the Unix epoch, as messages have them; `text` is what a rule's author wrote, to the 100 ns. */
  | { readonly type: 'timestamp'; readonly value: number; readonly text?: string }
  /** `com.microsoft:timespan`: units of 100 ns. */
  | { readonly type: 'timespan'; readonly ticks: bigint }
  | { readonly type: 'binary'; readonly value: Uint8Array }
  /** Any other value (described, list, map, array): kept encoded, so that it passes through unchanged. */
  | { readonly type: 'other'; readonly encoded: Uint8Array };

/** System properties that a rule action may set (service-bus-filters.md §3), by their `sys.` name. */
export type SettableSystemProperty =
  | 'ContentType'
  | 'CorrelationId'
  | 'ForcePersistence'
  | 'Label'
  | 'MessageId'
  | 'PartitionKey'
  | 'ReplyTo'
  | 'ReplyToSessionId'
  | 'ScheduledEnqueueTimeUtc'
  | 'SessionId'
  | 'TimeToLive'
  | 'To'
  | 'ViaPartitionKey';

/**
 * What the broker changed in a message since it came: the reason of dead-lettering, properties to modify, what rule actions
 * did, the message id it assigned. The encoded message stays as it came; the protocol applies this when it encodes.
 */
export interface MessageChanges {
  /** Replaces the property; `{ type: 'null' }` unsets it. */
  readonly system: ReadonlyMap<SettableSystemProperty, PropertyValue>;
  /** Replaces or adds the application property; `undefined` removes it. Keys are exact. */
  readonly application: ReadonlyMap<string, PropertyValue | undefined>;
}

/** A message as a rule sees it. The body is never visible. */
export interface MessageView {
  /**
   * A system property by its `sys.` name without the scope (`Label`, `MessageId`, `SequenceNumber`), in any letter case.
   * `{ type: 'null' }` when it exists but is not set; `undefined` when there is no such system property.
   */
  system(name: string): PropertyValue | undefined;
  /** Application properties, changes applied; decoded when first asked for. Keys as they were sent. */
  readonly applicationProperties: ReadonlyMap<string, PropertyValue>;
}

/** The system properties that the rules look at, decoded once by the protocol when the message comes in. */
export interface MessageProperties {
  readonly messageId?: string;
  readonly sessionId?: string;
  readonly partitionKey?: string;
  readonly viaPartitionKey?: string;
  readonly timeToLiveMs?: number;
  readonly scheduledEnqueueAt?: number;
  readonly correlationId?: string;
  readonly subject?: string;
  readonly to?: string;
  readonly replyTo?: string;
  readonly replyToSessionId?: string;
  readonly contentType?: string;
}

/** Reads what the engine does not keep decoded. Handed in by the protocol, which alone knows the encoding. */
export interface MessageReader {
  /** The same properties that came in {@link NewMessage.properties} when this content was sent. */
  readProperties(content: Uint8Array): MessageProperties;
  readApplicationProperties(content: Uint8Array): ReadonlyMap<string, PropertyValue>;
  /** The size of all that is not the body, encoded, and the application property whose value takes the most room. */
  measureHeader(content: Uint8Array): HeaderSize;
}

export interface HeaderSize {
  readonly headerBytes: number;
  readonly largestProperty: { readonly name: string; readonly bytes: number } | undefined;
}

/** A message on its way in. */
export interface NewMessage {
  /**
   * The message, encoded, as it came (header, annotations and bare message): kept byte for byte and given back as it is. Its
   * length is the message's size. The engine copies it, so the caller may reuse the memory.
   */
  readonly content: Uint8Array;
  readonly properties: MessageProperties;
}
