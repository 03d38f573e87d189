import { Uuid } from '../../../amqp/codec/index.ts';

/**
 * A lock token as a delivery tag: the bytes of a .NET Guid, whose first three fields are little-endian. In `$management` bodies
 * the same token is an AMQP uuid in network order.
 */
export function toDeliveryTag(lockToken: string): Buffer {
  return swapped(Uuid.parse(lockToken).bytes);
}

/** `undefined` for a tag that is no lock token of ours. */
export function fromDeliveryTag(tag: Buffer): string | undefined {
  return tag.length === 16 ? new Uuid(swapped(tag)).toString() : undefined;
}

function swapped(bytes: Buffer): Buffer {
  const result = Buffer.from(bytes);
  result.subarray(0, 4).reverse();
  result.subarray(4, 6).reverse();
  result.subarray(6, 8).reverse();
  return result;
}
