import { Code } from './format-codes.ts';
import { type AmqpTypeName, Described, Encoded, Typed, TypedArray, Uuid } from './values.ts';

/** Writes AMQP values into a buffer that grows. */
export class Writer {
  private buffer: Buffer;
  private position = 0;

  constructor(initialBytes = 256) {
    this.buffer = Buffer.allocUnsafe(initialBytes);
  }

  get length(): number {
    return this.position;
  }

  /** What was written; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.buffer.subarray(0, this.position);
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.buffer[at] = value;
  }

  u16(value: number): void {
    const at = this.reserve(2);
    this.buffer.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeUInt32BE(value, at);
  }

  u32At(offset: number, value: number): void {
    this.buffer.writeUInt32BE(value, offset);
  }

  bytes(source: Uint8Array): void {
    const at = this.reserve(source.length);
    this.buffer.set(source, at);
  }

  /**
   * Writes the value with its constructor. A whole number without a type becomes an int, or a long where it must;
   * -0 stays a double, the one type that can hold it.
   */
  value(value: unknown): void {
    if (value === null || value === undefined) {
      this.u8(Code.null);
      return;
    }
    switch (typeof value) {
      case 'string':
        this.text(Code.string8, Code.string32, value, 'utf8');
        return;
      case 'boolean':
        this.u8(value ? Code.true : Code.false);
        return;
      case 'bigint':
        this.primitive('long', value);
        return;
      case 'number':
        if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
          this.primitive('double', value);
          return;
        }
        this.primitive(value >= -0x8000_0000 && value <= 0x7fff_ffff ? 'int' : 'long', value);
        return;
      case 'object':
        this.object(value);
        return;
      default:
        throw new TypeError(`A ${typeof value} is not an AMQP value.`);
    }
  }

  private object(value: object): void {
    if (value instanceof Typed) {
      this.primitive(value.type, value.value);
      return;
    }
    if (value instanceof Uint8Array) {
      this.primitive('binary', value);
      return;
    }
    if (value instanceof Date) {
      this.primitive('timestamp', value.getTime());
      return;
    }
    if (value instanceof Described) {
      this.described(value);
      return;
    }
    if (value instanceof Encoded) {
      this.bytes(value.bytes);
      return;
    }
    if (value instanceof Uuid) {
      this.primitive('uuid', value);
      return;
    }
    if (value instanceof TypedArray) {
      this.array(value);
      return;
    }
    if (Array.isArray(value)) {
      this.list(value);
      return;
    }
    if (value instanceof Map) {
      this.map([...value]);
      return;
    }
    this.map(Object.entries(value));
  }

  list(items: readonly unknown[]): void {
    if (items.length === 0) {
      this.u8(Code.list0);
      return;
    }
    this.compound(Code.list32, items.length, () => {
      for (const item of items) this.value(item);
    });
  }

  map(entries: readonly (readonly [unknown, unknown])[]): void {
    this.compound(Code.map32, entries.length * 2, () => {
      for (const [key, item] of entries) {
        this.value(key);
        this.value(item);
      }
    });
  }

  /** Opens the list of a composite type, whose fields are then written one by one. What it returns goes to {@link closeCompound}. */
  openList(descriptor: number): number {
    this.descriptor(descriptor);
    this.u8(Code.list32);
    return this.reserve(8);
  }

  /** Opens a map, whose keys and values are then written one by one; otherwise as {@link openList}. */
  openMap(): number {
    this.u8(Code.map32);
    return this.reserve(8);
  }

  /** @param count of the fields; of keys and values, their sum */
  closeCompound(openedAt: number, count: number): void {
    this.u32At(openedAt, this.position - openedAt - 4);
    this.u32At(openedAt + 4, count);
  }

  /** Writes the list of a composite type; nulls at its end are left out. */
  composite(descriptor: number, fields: readonly unknown[]): void {
    let count = fields.length;
    while (count > 0 && (fields[count - 1] === null || fields[count - 1] === undefined)) count--;
    this.descriptor(descriptor);
    this.list(count === fields.length ? fields : fields.slice(0, count));
  }

  /** Writes the list of a composite type with all its fields, those that are not given as null. */
  wholeComposite(descriptor: number, fields: readonly unknown[], fieldCount: number): void {
    this.descriptor(descriptor);
    this.list(fields.length >= fieldCount ? fields : [...fields, ...Array<undefined>(fieldCount - fields.length)]);
  }

  descriptor(descriptor: number | bigint | string): void {
    this.u8(Code.described);
    if (typeof descriptor === 'string') this.primitive('symbol', descriptor);
    else this.primitive('ulong', descriptor);
  }

  /** A uint in its shortest form. */
  uint(value: number): void {
    if (value === 0) {
      this.u8(Code.uint0);
      return;
    }
    if (value <= 0xff) {
      this.u8(Code.smallUint);
      this.u8(value);
      return;
    }
    this.u8(Code.uint);
    this.u32(value);
  }

  private described(value: Described): void {
    // Decimals are read as if they were described, so that they can be told apart and written back.
    const decimal = DECIMALS[value.descriptor as string];
    if (decimal !== undefined) {
      this.u8(decimal);
      this.bytes(value.value as Buffer);
      return;
    }
    this.descriptor(value.descriptor);
    this.value(value.value);
  }

  private compound(code: number, count: number, write: () => void): void {
    this.u8(code);
    const openedAt = this.reserve(8);
    write();
    this.closeCompound(openedAt, count);
  }

  private array({ type, values }: TypedArray): void {
    const code = ARRAY_CODES[type];
    this.compound(Code.array32, values.length, () => {
      this.u8(code);
      for (const value of values) this.content(code, value instanceof Typed ? value.value : value);
    });
  }

  /** Writes a value of the given type with its constructor; the same as `value(new Typed(type, value))`, without the object. */
  primitive(type: AmqpTypeName, value: unknown): void {
    switch (type) {
      case 'boolean':
        this.u8(value ? Code.true : Code.false);
        return;
      case 'uint':
        this.uint(value as number);
        return;
      case 'ulong':
        this.small(value as number | bigint, 0, 0xff, Code.smallUlong, Code.ulong, Code.ulong0);
        return;
      case 'int':
        this.small(value as number, -128, 127, Code.smallInt, Code.int, undefined);
        return;
      case 'long':
        this.small(value as number | bigint, -128, 127, Code.smallLong, Code.long, undefined);
        return;
      case 'binary':
        this.variable(Code.binary8, Code.binary32, value as Uint8Array);
        return;
      case 'string':
        this.text(Code.string8, Code.string32, value as string, 'utf8');
        return;
      case 'symbol':
        this.text(Code.symbol8, Code.symbol32, value as string, 'latin1');
        return;
      default:
        this.u8(ARRAY_CODES[type]);
        this.content(ARRAY_CODES[type], value);
        return;
    }
  }

  private small(
    value: number | bigint,
    from: number,
    to: number,
    smallCode: number,
    code: number,
    zeroCode: number | undefined,
  ): void {
    if (zeroCode !== undefined && Number(value) === 0) {
      this.u8(zeroCode);
      return;
    }
    const isSmall = value >= from && value <= to;
    this.u8(isSmall ? smallCode : code);
    if (isSmall) this.u8(Number(value) & 0xff);
    else this.content(code, value);
  }

  private variable(code8: number, code32: number, value: Uint8Array): void {
    const isShort = value.length <= 0xff;
    this.u8(isShort ? code8 : code32);
    if (isShort) this.u8(value.length);
    else this.u32(value.length);
    this.bytes(value);
  }

  private text(code8: number, code32: number, value: string, encoding: 'utf8' | 'latin1'): void {
    const length = Buffer.byteLength(value, encoding);
    this.u8(length <= 0xff ? code8 : code32);
    if (length <= 0xff) this.u8(length);
    else this.u32(length);
    const at = this.reserve(length);
    this.buffer.write(value, at, encoding);
  }

  /** What stands behind the constructor byte, in the widest encoding of the type. */
  private content(code: number, value: unknown): void {
    // Room first: the buffer may be another one afterwards.
    this.ensure(8);
    switch (code) {
      case Code.boolean:
        this.u8(value ? 1 : 0);
        return;
      case Code.ubyte:
      case Code.byte:
        this.u8((value as number) & 0xff);
        return;
      case Code.ushort:
      case Code.short:
        this.u16((value as number) & 0xffff);
        return;
      case Code.char:
        this.u32((value as string).codePointAt(0) ?? 0);
        return;
      case Code.uint:
        this.u32(value as number);
        return;
      case Code.int:
        this.buffer.writeInt32BE(value as number, this.reserve(4));
        return;
      case Code.float:
        this.buffer.writeFloatBE(value as number, this.reserve(4));
        return;
      case Code.double:
        this.buffer.writeDoubleBE(value as number, this.reserve(8));
        return;
      case Code.ulong:
      case Code.timestamp:
      case Code.long:
        this.i64(value instanceof Date ? value.getTime() : (value as number | bigint));
        return;
      case Code.uuid:
        this.bytes(value instanceof Uuid ? value.bytes : Uuid.parse(value as string).bytes);
        return;
      case Code.binary32:
        this.u32((value as Uint8Array).length);
        this.bytes(value as Uint8Array);
        return;
      case Code.string32:
      case Code.symbol32: {
        const source = Buffer.from(value as string, code === Code.symbol32 ? 'latin1' : 'utf8');
        this.u32(source.length);
        this.bytes(source);
        return;
      }
      default:
        throw new TypeError(`No encoding for 0x${code.toString(16)}.`);
    }
  }

  /** 64 bits in two's complement. Numbers go in two halves: a bigint for each timestamp would be an allocation a message. */
  private i64(value: number | bigint): void {
    if (typeof value === 'bigint') {
      this.buffer.writeBigInt64BE(BigInt.asIntN(64, value), this.reserve(8));
      return;
    }
    this.u32(Math.floor(value / 0x1_0000_0000) >>> 0);
    this.u32(value >>> 0);
  }

  /** Makes room and returns where it starts. To be called before `this.buffer` is read: it may change. */
  private reserve(bytes: number): number {
    this.ensure(bytes);
    const start = this.position;
    this.position = start + bytes;
    return start;
  }

  private ensure(bytes: number): void {
    const needed = this.position + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, needed));
    this.buffer.copy(larger, 0, 0, this.position);
    this.buffer = larger;
  }
}

const ARRAY_CODES: Readonly<Record<AmqpTypeName, number>> = {
  boolean: Code.boolean,
  ubyte: Code.ubyte,
  ushort: Code.ushort,
  uint: Code.uint,
  ulong: Code.ulong,
  byte: Code.byte,
  short: Code.short,
  int: Code.int,
  long: Code.long,
  float: Code.float,
  double: Code.double,
  char: Code.char,
  timestamp: Code.timestamp,
  uuid: Code.uuid,
  binary: Code.binary32,
  string: Code.string32,
  symbol: Code.symbol32,
};

const DECIMALS: Readonly<Record<string, number>> = {
  decimal32: Code.decimal32,
  decimal64: Code.decimal64,
  decimal128: Code.decimal128,
};
