import type { DeliveryAttribute } from './definitions.ts';
import { type PublishedEvent, valueAt } from './events.ts';

/** A value of more bytes is left out (delivery-properties: 4,096 bytes). */
export const LONGEST_ATTRIBUTE_BYTES = 4096;

/** The custom delivery properties of an event. A dynamic one whose field is not there, or holds no simple value, is left out. */
export function attributesOf(
  event: PublishedEvent,
  mappings: readonly DeliveryAttribute[] | undefined,
): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = {};
  for (const mapping of mappings ?? []) {
    const value = mapping.type === 'Static' ? mapping.value : valueAt(event, mapping.sourceField);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    const text = String(value);
    if (byteLength(text) <= LONGEST_ATTRIBUTE_BYTES) attributes[mapping.name] = text;
  }
  return attributes;
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
