import { inOrder, type MessageSections, readDataSections, readSections } from '../../amqp/codec/index.ts';
import type { NewEvent } from '../engine/event.ts';
import { encodeHead, readAnnotations } from './event-head.ts';

/** The message format of a batch: each data section of the envelope is a whole encoded message. */
export const BATCH_FORMAT = 0x80013700;

export interface Publication {
  /** Of the envelope: what the whole batch is hashed by. */
  readonly partitionKey: string | undefined;
  readonly events: readonly NewEvent[];
}

/**
 * Takes a transfer apart into events. The bare messages (properties, application properties, body, footer) stay as they came.
 * @throws DecodeError when the bytes are not a message, or a batch not one of messages
 */
export function toPublication(messageFormat: number, payload: Buffer): Publication {
  const sections = readSections(payload);
  const envelope = toEvent(payload, sections);
  if (messageFormat !== BATCH_FORMAT) return { partitionKey: envelope.partitionKey, events: [envelope] };
  const events = readDataSections(payload, sections).map((message) => {
    const event = toEvent(message, readSections(message));
    return event.partitionKey === undefined && envelope.partitionKey !== undefined
      ? { ...event, partitionKey: envelope.partitionKey }
      : event;
  });
  return { partitionKey: envelope.partitionKey ?? events[0]?.partitionKey, events };
}

function toEvent(sent: Buffer, sectionsOfSent: MessageSections): NewEvent {
  const message = inOrder(sent, sectionsOfSent);
  const sections = message === sent ? sectionsOfSent : readSections(message);
  const { header, deliveryAnnotations, messageAnnotations } = sections;
  const annotations = readAnnotations(message, messageAnnotations);
  const frontEnd = Math.max(header?.end ?? 0, deliveryAnnotations?.end ?? 0);
  return {
    partitionKey: annotations.partitionKey,
    isTombstone: isWithoutBody(message, sections),
    head: encodeHead(message.subarray(0, frontEnd), annotations),
    payload: message.subarray(Math.max(frontEnd, messageAnnotations?.end ?? 0)),
  };
}

const AMQP_NULL = 0x40;

/** No body section, a null value, or nothing but an empty data section: .NET can send no other "null". */
function isWithoutBody(message: Buffer, { bodyKind, body }: MessageSections): boolean {
  if (bodyKind === 'none') return true;
  if (body.length !== 1) return false;
  const { valueAt, end } = body[0]!;
  if (bodyKind === 'value') return message[valueAt] === AMQP_NULL;
  return bodyKind === 'data' && end - valueAt === 2 && message[valueAt + 1] === 0;
}
