import { Code, DecodeError } from './format-codes.ts';
import { type AmqpTypeName, Described, Encoded, Typed, Uuid } from './values.ts';

/** Reads AMQP values off a buffer, from left to right. Throws {@link DecodeError} where the bytes are not AMQP. */
export class Reader {
  readonly buffer: Buffer;
  readonly end: number;
  position: number;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer;
    this.position = start;
    this.end = end;
  }

  get hasMore(): boolean {
    return this.position < this.end;
  }

  /** Reads one value; binary values are slices of the buffer, not copies. */
  value(): unknown {
    return this.valueOf(this.constructorByte());
  }

  /** Reads one value and keeps its AMQP type where a plain value would lose it: numbers, symbols, chars come as {@link Typed}. */
  typedValue(): unknown {
    const code = this.buffer[this.position]!;
    const type = TYPES_TO_KEEP[code];
    const value = this.value();
    return type === undefined ? value : new Typed(type, value);
  }

  /** Reads the map that stands here; its values keep their AMQP types. */
  typedMap(): Map<string, unknown> {
    const map = new Map<string, unknown>();
    for (let left = this.mapHeader(); left > 1; left -= 2) {
      const key = String(this.value());
      map.set(key, this.typedValue());
    }
    return map;
  }

  /** Goes to the value that the map which stands here has under `key`; false where it has none, or is no map. */
  enterMap(key: string): boolean {
    if (!this.isMap) return false;
    for (let left = this.mapHeader(); left > 1; left -= 2) {
      if (this.value() === key) return true;
      this.skip();
    }
    return false;
  }

  /** Reads one value as its bytes, constructor included; a slice, not a copy. */
  encodedValue(): Encoded {
    const start = this.position;
    this.skip();
    return new Encoded(this.buffer.subarray(start, this.position));
  }

  /** Steps over one value without making anything of it. */
  skip(): void {
    const code = this.constructorByte();
    if (code === Code.described) {
      this.skip();
      this.skip();
    } else this.advance(this.widthOf(code));
  }

  /** The descriptor of the described value that stands here, which must be a ulong; reads on from its value. */
  descriptorCode(): number {
    if (this.constructorByte() !== Code.described) throw new DecodeError('A described value was expected.');
    const descriptor = this.value();
    if (typeof descriptor === 'number') return descriptor;
    const code = typeof descriptor === 'string' ? SYMBOLIC[descriptor] : undefined;
    if (code === undefined) throw new DecodeError(`The descriptor ${String(descriptor)} was not expected.`);
    return code;
  }

  get isDescribed(): boolean {
    return this.buffer[this.position] === Code.described;
  }

  get isMap(): boolean {
    const code = this.buffer[this.position];
    return code === Code.map8 || code === Code.map32;
  }

  /** The descriptor of the delivery state or outcome that stands here; `undefined` when there is none, or an unknown one. */
  stateCode(): number | undefined {
    if (!this.isDescribed) return undefined;
    this.position += 1;
    const descriptor = this.value();
    return typeof descriptor === 'string' ? SYMBOLIC_STATES[descriptor] : (descriptor as number);
  }

  /** Enters the list that stands here; the caller reads that many values. */
  listHeader(): number {
    const code = this.constructorByte();
    if (code === Code.list0) return 0;
    if (code === Code.list8) {
      this.advance(1);
      return this.u8();
    }
    if (code === Code.list32) {
      this.advance(4);
      return this.u32();
    }
    throw new DecodeError(`A list was expected, not 0x${code.toString(16)}.`);
  }

  /** Enters the map that stands here; the caller reads that many keys and values (their sum). */
  mapHeader(): number {
    const code = this.constructorByte();
    if (code === Code.map8) {
      this.advance(1);
      return this.u8();
    }
    if (code === Code.map32) {
      this.advance(4);
      return this.u32();
    }
    throw new DecodeError(`A map was expected, not 0x${code.toString(16)}.`);
  }

  private constructorByte(): number {
    return this.u8();
  }

  private u8(): number {
    return this.buffer[this.advance(1)]!;
  }

  private u32(): number {
    return this.buffer.readUInt32BE(this.advance(4));
  }

  /** Returns the position before the step. */
  private advance(bytes: number): number {
    const start = this.position;
    if (start + bytes > this.end) throw new DecodeError('The value ends beyond the end of its buffer.');
    this.position = start + bytes;
    return start;
  }

  private bytes(length: number): Buffer {
    const start = this.advance(length);
    return this.buffer.subarray(start, start + length);
  }

  private text(length: number, encoding: 'utf8' | 'latin1'): string {
    const start = this.advance(length);
    return this.buffer.toString(encoding, start, start + length);
  }

  /** What follows the constructor byte; the subcategory in its upper half says how long it is. */
  private widthOf(code: number): number {
    switch (code >>> 4) {
      case 0x4:
        return 0;
      case 0x5:
        return 1;
      case 0x6:
        return 2;
      case 0x7:
        return 4;
      case 0x8:
        return 8;
      case 0x9:
        return 16;
      case 0xa:
      case 0xc:
      case 0xe:
        return this.u8();
      case 0xb:
      case 0xd:
      case 0xf:
        return this.u32();
      default:
        throw new DecodeError(`0x${code.toString(16)} is not the constructor of an AMQP type.`);
    }
  }

  private valueOf(code: number): unknown {
    switch (code) {
      case Code.null:
        return null;
      case Code.true:
        return true;
      case Code.false:
        return false;
      case Code.boolean:
        return this.u8() !== 0;
      case Code.uint0:
      case Code.ulong0:
        return 0;
      case Code.ubyte:
      case Code.smallUint:
      case Code.smallUlong:
        return this.u8();
      case Code.byte:
      case Code.smallInt:
      case Code.smallLong:
        return this.buffer.readInt8(this.advance(1));
      case Code.ushort:
        return this.buffer.readUInt16BE(this.advance(2));
      case Code.short:
        return this.buffer.readInt16BE(this.advance(2));
      case Code.uint:
        return this.u32();
      case Code.int:
        return this.buffer.readInt32BE(this.advance(4));
      case Code.ulong:
        return this.ulong();
      case Code.long:
        return this.long();
      case Code.timestamp:
        return new Date(Number(this.long()));
      case Code.float:
        return this.buffer.readFloatBE(this.advance(4));
      case Code.double:
        return this.buffer.readDoubleBE(this.advance(8));
      case Code.char:
        return this.char();
      case Code.uuid:
        return new Uuid(this.bytes(16));
      case Code.binary8:
        return this.bytes(this.u8());
      case Code.binary32:
        return this.bytes(this.u32());
      case Code.string8:
        return this.text(this.u8(), 'utf8');
      case Code.string32:
        return this.text(this.u32(), 'utf8');
      case Code.symbol8:
        return this.text(this.u8(), 'latin1');
      case Code.symbol32:
        return this.text(this.u32(), 'latin1');
      case Code.list0:
        return [];
      case Code.list8:
        this.advance(1);
        return this.values(this.u8());
      case Code.list32:
        this.advance(4);
        return this.values(this.u32());
      case Code.map8:
        this.advance(1);
        return this.mapOf(this.u8());
      case Code.map32:
        this.advance(4);
        return this.mapOf(this.u32());
      case Code.array8:
        this.advance(1);
        return this.arrayOf(this.u8());
      case Code.array32:
        this.advance(4);
        return this.arrayOf(this.u32());
      case Code.decimal32:
        return new Described('decimal32', this.bytes(4));
      case Code.decimal64:
        return new Described('decimal64', this.bytes(8));
      case Code.decimal128:
        return new Described('decimal128', this.bytes(16));
      case Code.described: {
        const descriptor = this.value();
        return new Described(descriptor as number | bigint | string, this.value());
      }
      default:
        throw new DecodeError(`0x${code.toString(16)} is not the constructor of an AMQP type.`);
    }
  }

  private values(count: number): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < count; index++) items.push(this.value());
    return items;
  }

  private mapOf(count: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (let index = 0; index + 1 < count; index += 2) {
      const key = this.value();
      map.set(key, this.value());
    }
    return map;
  }

  private arrayOf(count: number): unknown[] {
    const code = this.constructorByte();
    const descriptor = code === Code.described ? (this.value() as number | string) : undefined;
    const elementCode = descriptor === undefined ? code : this.constructorByte();
    const items: unknown[] = [];
    for (let index = 0; index < count; index++) {
      const item = this.valueOf(elementCode);
      items.push(descriptor === undefined ? item : new Described(descriptor, item));
    }
    return items;
  }

  private ulong(): number | bigint {
    const start = this.advance(8);
    const high = this.buffer.readUInt32BE(start);
    if (high < 0x200000) return high * 0x1_0000_0000 + this.buffer.readUInt32BE(start + 4);
    return this.buffer.readBigUInt64BE(start);
  }

  private char(): string {
    const code = this.u32();
    if (code > LAST_CODE_POINT) throw new DecodeError(`0x${code.toString(16)} is not a character of Unicode.`);
    return String.fromCodePoint(code);
  }

  private long(): number | bigint {
    const start = this.advance(8);
    const high = this.buffer.readInt32BE(start);
    if (high < 0x200000 && high > -0x200000) return high * 0x1_0000_0000 + this.buffer.readUInt32BE(start + 4);
    return this.buffer.readBigInt64BE(start);
  }
}

const LAST_CODE_POINT = 0x10ffff;

const TYPES_TO_KEEP: Readonly<Record<number, AmqpTypeName>> = {
  [Code.ubyte]: 'ubyte',
  [Code.byte]: 'byte',
  [Code.ushort]: 'ushort',
  [Code.short]: 'short',
  [Code.uint0]: 'uint',
  [Code.smallUint]: 'uint',
  [Code.uint]: 'uint',
  [Code.smallInt]: 'int',
  [Code.int]: 'int',
  [Code.ulong0]: 'ulong',
  [Code.smallUlong]: 'ulong',
  [Code.ulong]: 'ulong',
  [Code.smallLong]: 'long',
  [Code.long]: 'long',
  [Code.float]: 'float',
  [Code.double]: 'double',
  [Code.char]: 'char',
  [Code.symbol8]: 'symbol',
  [Code.symbol32]: 'symbol',
};

const SYMBOLIC_STATES: Readonly<Record<string, number>> = {
  'amqp:accepted:list': 0x24,
  'amqp:rejected:list': 0x25,
  'amqp:released:list': 0x26,
  'amqp:modified:list': 0x27,
  'amqp:transactional-state:list': 0x34,
};

/** Some clients name sections and errors by symbol instead of number (part 3, section 3.2). */
const SYMBOLIC: Readonly<Record<string, number>> = {
  'amqp:error:list': 0x1d,
  'amqp:header:list': 0x70,
  'amqp:delivery-annotations:map': 0x71,
  'amqp:message-annotations:map': 0x72,
  'amqp:properties:list': 0x73,
  'amqp:application-properties:map': 0x74,
  'amqp:data:binary': 0x75,
  'amqp:amqp-sequence:list': 0x76,
  'amqp:amqp-value:*': 0x77,
  'amqp:footer:map': 0x78,
};
