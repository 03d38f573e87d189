import { deflateRawSync } from 'node:zlib';
import avro from 'avsc';

/*
 * An Avro object container file (Avro 1.11, "Object Container Files"):
 *
 *   file   = "Obj" 01 metadata sync block+
 *   block  = count:long size:long record* sync
 *
 * avsc encodes the records; the container is written here, because capture writes one empty block into an empty file,
 * which is what makes the documented 508 bytes.
 */

const SCHEMA = {
  type: 'record',
  name: 'EventData',
  namespace: 'Microsoft.ServiceBus.Messaging',
  fields: [
    { name: 'SequenceNumber', type: 'long' },
    { name: 'Offset', type: 'string' },
    { name: 'EnqueuedTimeUtc', type: 'string' },
    { name: 'SystemProperties', type: { type: 'map', values: ['long', 'double', 'string', 'bytes'] } },
    { name: 'Properties', type: { type: 'map', values: ['long', 'double', 'string', 'bytes', 'null'] } },
    { name: 'Body', type: ['null', 'bytes'] },
  ],
};

/** A value of a properties map, with the branch of the union that holds it. */
export type AvroValue =
  | { readonly long: number | bigint }
  | { readonly double: number }
  | { readonly string: string }
  | { readonly bytes: Buffer }
  | null;

export interface CaptureRecord {
  readonly SequenceNumber: number;
  readonly Offset: string;
  readonly EnqueuedTimeUtc: string;
  readonly SystemProperties: Readonly<Record<string, AvroValue>>;
  readonly Properties: Readonly<Record<string, AvroValue>>;
  readonly Body: { readonly bytes: Buffer } | null;
}

/** AMQP's ulong and long go beyond what a JavaScript number holds. */
const longType = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer(value: number | bigint) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

const recordType = avro.Type.forSchema(SCHEMA as avro.Schema, { registry: { long: longType }, wrapUnions: true });
const MAGIC = Buffer.from([0x4f, 0x62, 0x6a, 1]);
const RECORDS_IN_BLOCK = 500;

/** @param sync 16 bytes that do not occur in the file otherwise: random ones */
export function encodeAvroFile(
  records: readonly CaptureRecord[],
  encoding: 'Avro' | 'AvroDeflate',
  sync: Buffer,
): Buffer {
  const isDeflated = encoding === 'AvroDeflate';
  const parts: Buffer[] = [
    MAGIC,
    encodeLong(2),
    encodeBytes('avro.codec'),
    encodeBytes(isDeflated ? 'deflate' : 'null'),
    encodeBytes('avro.schema'),
    encodeBytes(JSON.stringify(SCHEMA)),
    encodeLong(0),
    sync,
  ];
  let start = 0;
  do {
    const block = records.slice(start, start + RECORDS_IN_BLOCK);
    const encoded = Buffer.concat(block.map((record) => recordType.toBuffer(record)));
    const data = isDeflated && block.length > 0 ? deflateRawSync(encoded) : encoded;
    parts.push(encodeLong(block.length), encodeLong(data.length), data, sync);
    start += RECORDS_IN_BLOCK;
  } while (start < records.length);
  return Buffer.concat(parts);
}

/** Zigzag, then seven bits a byte (the same specification, "Binary Encoding"); for what is not negative. */
function encodeLong(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function encodeBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([encodeLong(bytes.length), bytes]);
}
