import type { Instant } from '../../clock/clock.ts';
import type { StoredCause } from './api.ts';
import type { ContentLocation } from './content-arena.ts';
import type { Particulars } from './message.ts';
import type { MessageChanges, MessageProperties } from './values.ts';

/** A message at the door of a queue or a topic, be it sent, forwarded or activated. */
export interface Incoming {
  readonly location: ContentLocation;
  /** With the changes applied. */
  readonly properties: MessageProperties;
  readonly changes: MessageChanges | undefined;
  readonly assignedId: string | undefined;
  /** Of the first submission; `undefined`: this is it. */
  readonly enqueuedSequenceNumber: number | undefined;
  readonly deadLetterSource: string | undefined;
  readonly hops: number;
  readonly cause: StoredCause;
  readonly from: { readonly entity: string; readonly sequenceNumber: number } | undefined;
  /** In the future: it waits until then. */
  readonly scheduledEnqueueAt: Instant | undefined;
  /** Until when it has waited as a scheduled message, here or in an entity before. */
  readonly waitedUntil: Instant | undefined;
}

/** What is not plain about it; `undefined` for most, which keeps a million of them small. */
export function particularsOf(
  incoming: Incoming,
  changes: MessageChanges | undefined,
  enqueuedSequenceNumber: number | undefined,
): Particulars | undefined {
  // Kept after activation: the message still shows that it had been scheduled. One whose time had come when it was sent never was.
  const { deadLetterSource, hops, waitedUntil: scheduledEnqueueAt } = incoming;
  if (
    enqueuedSequenceNumber === undefined &&
    deadLetterSource === undefined &&
    hops === 0 &&
    scheduledEnqueueAt === undefined &&
    changes === undefined
  )
    return undefined;
  return { enqueuedSequenceNumber, deadLetterSource, hops, scheduledEnqueueAt, changes };
}

/** The shorter of what the message asks for and what the entity allows; `undefined`: for ever. */
export function effectiveTimeToLive(asked: number | undefined, entityDefault: number): number | undefined {
  const effective = Math.min(asked ?? Number.POSITIVE_INFINITY, entityDefault);
  return Number.isFinite(effective) ? effective : undefined;
}
