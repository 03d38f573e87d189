/**
 * AMQP 1.0 values in TypeScript (OASIS AMQP 1.0, part 1, Types).
 *
 * Decoding gives plain values: strings for string and symbol, numbers (a `bigint` for 64-bit integers beyond 2^53), `Date` for
 * timestamp, `Buffer` for binary, {@link Uuid}, arrays for list and array, `Map` for map, {@link Described} for described values.
 * Encoding takes the same, and for everything whose AMQP type matters the typed constructors below: a client of a typed
 * language casts what it gets and accepts no other width.
 */

/** The primitive types that can be asked for by name. */
export type AmqpTypeName =
  | 'boolean'
  | 'ubyte'
  | 'ushort'
  | 'uint'
  | 'ulong'
  | 'byte'
  | 'short'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'char'
  | 'timestamp'
  | 'uuid'
  | 'binary'
  | 'string'
  | 'symbol';

/** A value with its AMQP type. */
export class Typed {
  readonly type: AmqpTypeName;
  readonly value: unknown;

  constructor(type: AmqpTypeName, value: unknown) {
    this.type = type;
    this.value = value;
  }
}

/** An AMQP array: every element has the same type. */
export class TypedArray {
  readonly type: AmqpTypeName;
  readonly values: readonly unknown[];

  constructor(type: AmqpTypeName, values: readonly unknown[]) {
    this.type = type;
    this.values = values;
  }
}

/** A described value; the descriptor is a ulong (number, bigint) or a symbol (string). */
export class Described {
  readonly descriptor: number | bigint | string;
  readonly value: unknown;

  constructor(descriptor: number | bigint | string, value: unknown) {
    this.descriptor = descriptor;
    this.value = value;
  }
}

/** A value that is encoded already, constructor byte included; it is written as it stands. */
export class Encoded {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** 16 bytes in network order (RFC 4122). */
export class Uuid {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  static parse(text: string): Uuid {
    const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
    if (bytes.length !== 16) throw new TypeError(`'${text}' is not a UUID.`);
    return new Uuid(bytes);
  }

  toString(): string {
    const hex = this.bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}

export const boolean = (value: boolean) => new Typed('boolean', value);
export const ubyte = (value: number) => new Typed('ubyte', value);
export const ushort = (value: number) => new Typed('ushort', value);
export const uint = (value: number) => new Typed('uint', value);
export const ulong = (value: number | bigint) => new Typed('ulong', value);
export const byte = (value: number) => new Typed('byte', value);
export const short = (value: number) => new Typed('short', value);
export const int = (value: number) => new Typed('int', value);
export const long = (value: number | bigint) => new Typed('long', value);
export const float = (value: number) => new Typed('float', value);
export const double = (value: number) => new Typed('double', value);
/** One character. */
export const char = (value: string) => new Typed('char', value);
/** Milliseconds since the Unix epoch, or a date. */
export const timestamp = (value: number | Date) =>
  new Typed('timestamp', typeof value === 'number' ? value : value.getTime());
/** A UUID as text, as 16 bytes in network order, or as {@link Uuid}. */
export const uuid = (value: string | Buffer | Uuid) =>
  new Typed('uuid', value instanceof Uuid ? value : typeof value === 'string' ? Uuid.parse(value) : new Uuid(value));
export const binary = (value: Uint8Array) => new Typed('binary', value);
export const string = (value: string) => new Typed('string', value);
export const symbol = (value: string) => new Typed('symbol', value);
export const arrayOf = (type: AmqpTypeName, values: readonly unknown[]) => new TypedArray(type, values);
export const described = (descriptor: number | bigint | string, value: unknown) => new Described(descriptor, value);
export const encoded = (bytes: Uint8Array) => new Encoded(bytes);
