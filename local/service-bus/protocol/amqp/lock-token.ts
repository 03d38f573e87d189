import { Uuid } from '../../../amqp/codec/index.ts';

/**
 * A lock token as a delivery tag: the bytes of a .NET Guid, whose first three fields are little-endian. In `$management` bodies
 * the same token is an AMQP uuid in network order.
 */
export function toDeliveryTag(lockToken: string): Buffer {
  return turnFields(Uuid.parse(lockToken).bytes);
}

/** `undefined` for a tag that is no lock token of ours. */
export function fromDeliveryTag(tag: Buffer): string | undefined {
  return tag.length === 16 ? new Uuid(turnFields(Buffer.from(tag))).toString() : undefined;
}

/** From one byte order to the other, in place. */
function turnFields(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(bytes.readUInt32LE(0), 0);
  bytes.writeUInt16BE(bytes.readUInt16LE(4), 4);
  bytes.writeUInt16BE(bytes.readUInt16LE(6), 6);
  return bytes;
}
