import { DecodeError } from './format-codes.ts';
import { Reader } from './reader.ts';

/** The descriptors of a message's sections (part 3, section 3.2). */
export const Section = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;

/** Where a section stands: from its descriptor to its last byte. `valueAt` is where the described value starts. */
export interface SectionRange {
  readonly start: number;
  readonly valueAt: number;
  readonly end: number;
}

export type BodyKind = 'data' | 'sequence' | 'value' | 'none';

/** The sections of an encoded message, found without decoding any of them. */
export interface MessageSections {
  readonly header: SectionRange | undefined;
  readonly deliveryAnnotations: SectionRange | undefined;
  readonly messageAnnotations: SectionRange | undefined;
  readonly properties: SectionRange | undefined;
  readonly applicationProperties: SectionRange | undefined;
  readonly bodyKind: BodyKind;
  /** Every body section; a data or sequence body may have several. */
  readonly body: readonly SectionRange[];
  readonly footer: SectionRange | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Finds the sections of an encoded message.
 * @throws DecodeError when the bytes are not a message
 */
export function readSections(payload: Buffer): MessageSections {
  const body: SectionRange[] = [];
  // All fields at once: an object that grows field by field costs several times its size, and every message is read twice.
  const sections: Writable<MessageSections> = {
    header: undefined,
    deliveryAnnotations: undefined,
    messageAnnotations: undefined,
    properties: undefined,
    applicationProperties: undefined,
    bodyKind: 'none',
    body,
    footer: undefined,
  };
  const reader = new Reader(payload);
  while (reader.hasMore) {
    const start = reader.position;
    const code = reader.descriptorCode();
    const valueAt = reader.position;
    reader.skip();
    const range = { start, valueAt, end: reader.position };
    switch (code) {
      case Section.header:
        sections.header = range;
        break;
      case Section.deliveryAnnotations:
        sections.deliveryAnnotations = range;
        break;
      case Section.messageAnnotations:
        sections.messageAnnotations = range;
        break;
      case Section.properties:
        sections.properties = range;
        break;
      case Section.applicationProperties:
        sections.applicationProperties = range;
        break;
      case Section.data:
        sections.bodyKind = 'data';
        body.push(range);
        break;
      case Section.sequence:
        sections.bodyKind = 'sequence';
        body.push(range);
        break;
      case Section.value:
        sections.bodyKind = 'value';
        body.push(range);
        break;
      case Section.footer:
        sections.footer = range;
        break;
      default:
        throw new DecodeError(`0x${code.toString(16)} is not a section of a message.`);
    }
  }
  return sections;
}

/** Where the body begins: what stands before it is what the service calls the header of a message. */
export function bodyStart(payload: Buffer, { body, footer }: MessageSections): number {
  return body[0]?.start ?? footer?.start ?? payload.length;
}

/** The bytes inside each data section: the messages of a batch (format 0x80013700), or the body of a message. */
export function readDataSections(payload: Buffer, sections: MessageSections = readSections(payload)): Buffer[] {
  if (sections.bodyKind !== 'data') return [];
  return sections.body.map(({ valueAt, end }) => {
    const value = new Reader(payload, valueAt, end).value();
    if (!Buffer.isBuffer(value)) throw new DecodeError('A data section holds binary.');
    return value;
  });
}

/** The message with its delivery annotations where they belong: the Python clients write them last. Any other is answered as it is. */
export function inOrder(payload: Buffer, sections: MessageSections): Buffer {
  const { header, deliveryAnnotations, messageAnnotations, properties, applicationProperties, body, footer } = sections;
  const next = (messageAnnotations ?? properties ?? applicationProperties ?? body[0] ?? footer)?.start;
  if (!deliveryAnnotations || next === undefined || deliveryAnnotations.start < next) return payload;
  const { start, end } = deliveryAnnotations;
  const headerEnd = header?.end ?? 0;
  return Buffer.concat([
    payload.subarray(0, headerEnd),
    payload.subarray(start, end),
    payload.subarray(headerEnd, start),
    payload.subarray(end),
  ]);
}
