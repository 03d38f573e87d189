import type { StoredMessage } from '../../../engine/api.ts';
import { decodeMessage, toJsonValue } from '../message-content.ts';

/** A message as JSON: what people look for first, first. */
export function describeMessage(message: StoredMessage): Record<string, unknown> {
  const decoded = decodeMessage(message);
  return {
    sequenceNumber: message.sequenceNumber,
    ...message.properties,
    state: message.lockToken === undefined ? message.state : 'locked',
    deliveryCount: message.deliveryCount,
    enqueuedAt: toIso(message.enqueuedAt),
    expiresAt: toIso(message.expiresAt),
    scheduledEnqueueAt: toIso(message.scheduledEnqueueAt),
    lockToken: message.lockToken,
    lockedUntil: toIso(message.lockedUntil),
    deadLetterSource: message.deadLetterSource,
    applicationProperties: Object.fromEntries(
      [...decoded.applicationProperties].map(([name, value]) => [name, toJsonValue(value)]),
    ),
    sizeInBytes: message.content.byteLength,
    bodyKind: decoded.bodyKind,
    body: decoded.data ? readableBody(decoded.data) : toJsonValue(decoded.value),
  };
}

/** JSON as it is meant, other text as text, everything else as `{ "base64": "…" }`. */
function readableBody(data: Buffer): unknown {
  const text = data.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(data)) return { base64: data.toString('base64') };
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function toIso(at: number | undefined): string | undefined {
  return at === undefined || !Number.isFinite(at) ? undefined : new Date(at).toISOString();
}
