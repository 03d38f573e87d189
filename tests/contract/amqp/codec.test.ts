/** Our codec against rhea's, both ways. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as amqp from '../../../local/amqp/codec/index.ts';
import { message, types } from './peer.ts';

/** A value, and what rhea makes of it when it reads it. */
const typed: fc.Arbitrary<{ readonly written: unknown; readonly read: unknown }> = fc.oneof(
  fc.constant({ written: null, read: null }),
  fc.boolean().map((value) => ({ written: value, read: value })),
  fc.integer({ min: 0, max: 0xff }).map((value) => ({ written: amqp.ubyte(value), read: value })),
  fc.integer({ min: 0, max: 0xffff }).map((value) => ({ written: amqp.ushort(value), read: value })),
  fc.integer({ min: 0, max: 0xffff_ffff }).map((value) => ({ written: amqp.uint(value), read: value })),
  fc.integer({ min: -0x80, max: 0x7f }).map((value) => ({ written: amqp.byte(value), read: value })),
  fc.integer({ min: -0x8000, max: 0x7fff }).map((value) => ({ written: amqp.short(value), read: value })),
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }).map((value) => ({ written: amqp.int(value), read: value })),
  fc.maxSafeInteger().map((value) => ({ written: amqp.long(value), read: value })),
  fc.maxSafeNat().map((value) => ({ written: amqp.ulong(value), read: value })),
  fc.double({ noNaN: true }).map((value) => ({ written: amqp.double(value), read: value })),
  fc.string({ unit: 'grapheme', maxLength: 400 }).map((value) => ({ written: value, read: value })),
  fc.string({ maxLength: 300 }).map((value) => ({ written: amqp.symbol(value), read: value })),
  fc.uint8Array({ maxLength: 300 }).map((value) => ({ written: Buffer.from(value), read: Buffer.from(value) })),
  fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((value) => ({ written: amqp.uuid(Buffer.from(value)), read: Buffer.from(value) })),
  fc.date({ noInvalidDate: true }).map((value) => ({ written: value, read: value })),
);

const rheaReads = (bytes: Buffer) => types.unwrap(new types.Reader(bytes).read());

describe('values', () => {
  test('rhea reads what we write', () => {
    fc.assert(
      fc.property(typed, ({ written, read }) => {
        expect(rheaReads(amqp.encodeValue(written))).toEqual(read);
      }),
    );
  });

  test('rhea reads the lists and maps that we write', () => {
    fc.assert(
      fc.property(fc.array(typed, { maxLength: 40 }), (items) => {
        expect(rheaReads(amqp.encodeValue(items.map((item) => item.written)))).toEqual(items.map((item) => item.read));
        const map = Object.fromEntries(items.map((item, index) => [`key ${index}`, item] as const));
        const written = Object.fromEntries(Object.entries(map).map(([key, item]) => [key, item.written]));
        const read = Object.fromEntries(Object.entries(map).map(([key, item]) => [key, item.read]));
        expect(rheaReads(amqp.encodeValue(written))).toEqual(read);
      }),
    );
  });

  test('what we write we read again', () => {
    fc.assert(
      fc.property(fc.array(typed, { maxLength: 20 }), (items) => {
        const bytes = amqp.encodeValue(items.map((item) => item.written));
        const again = amqp.decodeValue(bytes);
        expect(amqp.decodeValue(amqp.encodeValue(again))).toEqual(again);
      }),
    );
  });

  test('a negative zero stays one', () => {
    expect(amqp.decodeValue(amqp.encodeValue(-0))).toBe(-0);
  });

  test('64-bit integers beyond 2^53 keep every digit', () => {
    for (const value of [2n ** 62n + 1n, -(2n ** 62n) - 1n]) {
      expect(amqp.decodeValue(amqp.encodeValue(amqp.long(value)))).toBe(value);
    }
    expect(amqp.decodeValue(amqp.encodeValue(amqp.ulong(2n ** 64n - 1n)))).toBe(2n ** 64n - 1n);
  });

  test.each([
    ['a value that ends too early', Buffer.from([0xa1, 5, 0x61])],
    ['a constructor that is none', Buffer.from([0x10])],
    ['a character beyond the last', Buffer.from([0x73, 0, 0x11, 0, 0])],
    ['nothing', Buffer.alloc(0)],
  ])('%s is a decode error', (_, bytes) => {
    expect(() => amqp.decodeValue(bytes)).toThrow(amqp.DecodeError);
  });
});

describe('messages', () => {
  const sent: Buffer = message.encode({
    durable: true,
    ttl: 5000,
    message_annotations: { 'x-opt-partition-key': 'key' },
    message_id: 'id',
    correlation_id: 7,
    subject: 'subject',
    application_properties: { text: 'a', wide: types.wrap_long(5) },
    body: message.data_section(Buffer.from('body')),
  });

  test('sections are found without decoding them', () => {
    const sections = amqp.readSections(sent);
    expect(sections.bodyKind).toBe('data');
    expect(amqp.decodeHeader(sent, sections.header)).toMatchObject({ durable: true, ttlMs: 5000 });
    expect(amqp.decodeMap(sent, sections.messageAnnotations)).toEqual(new Map([['x-opt-partition-key', 'key']]));
    const properties = amqp.decodeProperties(sent, sections.properties);
    expect(properties).toMatchObject({ messageId: 'id', correlationId: 7, subject: 'subject' });
    expect(amqp.decodeBody(sent, sections)).toEqual(Buffer.from('body'));
    expect(sections.body[0]!.end).toBe(sent.length);
  });

  test('what is written anew keeps its types', () => {
    const sections = amqp.readSections(sent);
    const entries = amqp.readMapEntries(sent, sections.applicationProperties);
    const again = amqp.encodeApplicationProperties([...entries, ['more', 1.5]]);
    const typed = new types.Reader(again).read().value.map((one: { type: { name: string } }) => one.type.name);
    expect(typed).toEqual(['Str8', 'Str8', 'Str8', 'SmallLong', 'Str8', 'Double']);
  });

  test('a batch is the messages in its data sections', () => {
    const parts = [Buffer.from('one'), Buffer.from('two')];
    const batch = message.encode({ body: message.data_sections(parts) });
    expect(amqp.readDataSections(batch)).toEqual(parts);
  });
});
