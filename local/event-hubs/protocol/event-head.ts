import { Reader, type SectionRange } from '../../amqp/codec/index.ts';

/*
 * What of an event is kept outside its bare message (the event's `head`), as it came:
 *
 *   head = "" | frontLength:u32 front annotationCount:u32 (key value)*
 *
 * The front is the header and the delivery annotations, whole sections; keys and values are encoded AMQP values.
 */

/** Annotations that are the broker's to set; a publisher's are dropped. */
const OWNED_BY_BROKER: ReadonlySet<string> = new Set([
  'x-opt-sequence-number',
  'x-opt-offset',
  'x-opt-enqueued-time',
  'x-opt-publisher',
]);
const PARTITION_KEY = 'x-opt-partition-key';
const EMPTY = new Uint8Array(0);

export interface Annotations {
  readonly partitionKey: string | undefined;
  readonly count: number;
  /** Encoded keys and values. */
  readonly pairs: readonly Uint8Array[];
}

/** Takes a publisher's message annotations apart without decoding what is only passed on. */
export function readAnnotations(message: Buffer, range: SectionRange | undefined): Annotations {
  if (!range) return { partitionKey: undefined, count: 0, pairs: [] };
  const reader = new Reader(message, range.valueAt, range.end);
  const entries = reader.mapHeader() / 2;
  const pairs: Uint8Array[] = [];
  let partitionKey: string | undefined;
  for (let index = 0; index < entries; index += 1) {
    const start = reader.position;
    const key = String(reader.value());
    if (key === PARTITION_KEY) {
      const value = reader.value();
      if (typeof value === 'string') partitionKey = value;
      continue;
    }
    reader.skip();
    if (!OWNED_BY_BROKER.has(key)) pairs.push(message.subarray(start, reader.position));
  }
  return { partitionKey, count: pairs.length, pairs };
}

export function encodeHead(front: Uint8Array, annotations: Annotations): Uint8Array {
  if (front.length === 0 && annotations.count === 0) return EMPTY;
  const pairsLength = annotations.pairs.reduce((sum, pair) => sum + pair.length, 0);
  const head = Buffer.allocUnsafe(8 + front.length + pairsLength);
  let at = head.writeUInt32BE(front.length, 0);
  head.set(front, at);
  at = head.writeUInt32BE(annotations.count, at + front.length);
  for (const pair of annotations.pairs) {
    head.set(pair, at);
    at += pair.length;
  }
  return head;
}

export interface EventHead {
  readonly front: Uint8Array;
  readonly annotationCount: number;
  readonly annotationPairs: Uint8Array;
}

const NO_HEAD: EventHead = { front: EMPTY, annotationCount: 0, annotationPairs: EMPTY };

export function decodeHead(head: Uint8Array): EventHead {
  if (head.length === 0) return NO_HEAD;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const countAt = 4 + view.getUint32(0);
  return {
    front: head.subarray(4, countAt),
    annotationCount: view.getUint32(countAt),
    annotationPairs: head.subarray(countAt + 4),
  };
}
