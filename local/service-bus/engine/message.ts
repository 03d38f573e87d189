import type { Instant } from '../../clock/clock.ts';
import type { MessageState, StoredMessage } from './api.ts';
import { changedProperties, mergeChanges, systemChange } from './changes.ts';
import type { ContentLocation, Slab } from './content-arena.ts';
import type { Lock } from './locks.ts';
import type { Session } from './session.ts';
import type { MessageChanges, MessageProperties } from './values.ts';

/**
 * Where a message is in its life in one entity. `locked` and `deferred-locked` are what the service does not call states: a
 * receiver has the message, and it counts as active or deferred (contracts §1).
 */
export type Phase = 'scheduled' | 'active' | 'locked' | 'deferred' | 'deferred-locked' | 'gone';
export type Step = 'lock' | 'return' | 'defer' | 'remove';

const NEXT: { readonly [From in Phase]: { readonly [By in Step]?: Phase } } = {
  scheduled: { remove: 'gone' },
  active: { lock: 'locked', remove: 'gone' },
  locked: { return: 'active', defer: 'deferred', remove: 'gone' },
  deferred: { lock: 'deferred-locked', remove: 'gone' },
  'deferred-locked': { return: 'deferred', defer: 'deferred', remove: 'gone' },
  gone: {},
};

/** The one door between the phases. A step that the phase does not have is a bug. */
export function advance(message: Message, step: Step): void {
  const next = NEXT[message.phase][step];
  if (!next) throw new Error(`Message ${message.sequenceNumber} is ${message.phase}: there is no step "${step}".`);
  message.phase = next;
}

/** What few messages have; kept apart so that a plain message stays small. */
export interface Particulars {
  /** The number of the first submission, when that was to another entity. */
  readonly enqueuedSequenceNumber?: number;
  readonly scheduledEnqueueAt?: Instant;
  readonly deadLetterSource?: string;
  readonly hops?: number;
  readonly changes?: MessageChanges;
}

const DAY_MS = 86_400_000;
const NEVER = -1;

/** A message in an entity. A million of them wait in memory: every field counts (the aim: 200 bytes beside the payload). */
export class Message implements StoredMessage {
  readonly sequenceNumber: number;
  phase: Phase;
  deliveryCount: number;
  lock: Lock | undefined = undefined;
  session: Session | undefined = undefined;
  /** The id that the broker gave a message without one. */
  assignedId: string | undefined;
  particulars: Particulars | undefined;
  private readonly slab: Slab;
  private readonly offset: number;
  readonly size: number;
  // Instants as day and millisecond of the day: small integers live in the object itself, where a number over 2^31 is an
  // object of its own that the garbage collector walks.
  private readonly enqueuedDay: number;
  private readonly enqueuedMsOfDay: number;
  private readonly expiryDay: number;
  private readonly expiryMsOfDay: number;

  constructor(initial: {
    readonly sequenceNumber: number;
    readonly enqueuedAt: Instant;
    readonly phase: Phase;
    readonly deliveryCount: number;
    readonly expiry: Instant | undefined;
    readonly location: ContentLocation;
    readonly assignedId: string | undefined;
    readonly particulars: Particulars | undefined;
  }) {
    this.sequenceNumber = initial.sequenceNumber;
    this.phase = initial.phase;
    this.deliveryCount = initial.deliveryCount;
    this.assignedId = initial.assignedId;
    this.particulars = initial.particulars;
    this.slab = initial.location.slab;
    this.offset = initial.location.offset;
    this.size = initial.location.length;
    const { enqueuedAt, expiry } = initial;
    this.enqueuedDay = Math.floor(enqueuedAt / DAY_MS);
    this.enqueuedMsOfDay = enqueuedAt - this.enqueuedDay * DAY_MS;
    this.expiryDay = expiry === undefined ? NEVER : Math.floor(expiry / DAY_MS);
    this.expiryMsOfDay = expiry === undefined ? 0 : expiry - this.expiryDay * DAY_MS;
  }

  get enqueuedAt(): Instant {
    return this.enqueuedDay * DAY_MS + this.enqueuedMsOfDay;
  }

  /** When it expires; absent: never. */
  get expiry(): Instant | undefined {
    return this.expiryDay === NEVER ? undefined : this.expiryDay * DAY_MS + this.expiryMsOfDay;
  }

  get location(): ContentLocation {
    return { slab: this.slab, offset: this.offset, length: this.size };
  }

  get content(): Uint8Array {
    return this.slab.bytes.subarray(this.offset, this.offset + this.size);
  }

  get state(): MessageState {
    if (this.phase === 'scheduled') return 'scheduled';
    return this.phase === 'deferred' || this.phase === 'deferred-locked' ? 'deferred' : 'active';
  }

  get enqueuedSequenceNumber(): number | undefined {
    return this.particulars?.enqueuedSequenceNumber;
  }

  get expiresAt(): Instant {
    return this.expiry ?? Number.POSITIVE_INFINITY;
  }

  get scheduledEnqueueAt(): Instant | undefined {
    return this.particulars?.scheduledEnqueueAt;
  }

  get deadLetterSource(): string | undefined {
    return this.particulars?.deadLetterSource;
  }

  get hops(): number {
    return this.particulars?.hops ?? 0;
  }

  /** The session whose turn the message waits for; `undefined` in an entity without sessions. */
  get sessionId(): string | undefined {
    return this.session?.id;
  }

  get changes(): MessageChanges | undefined {
    const changes = this.particulars?.changes;
    if (this.assignedId === undefined) return changes;
    return mergeChanges(systemChange('MessageId', { type: 'string', value: this.assignedId }), changes);
  }

  addChanges(changes: MessageChanges | undefined): void {
    if (!changes) return;
    this.particulars = { ...this.particulars, changes: mergeChanges(this.particulars?.changes, changes)! };
  }

  get properties(): MessageProperties {
    return changedProperties(this.slab.arena.reader.readProperties(this.content), this.changes);
  }

  get lockToken(): string | undefined {
    return this.lock?.token;
  }

  get lockedUntil(): Instant | undefined {
    return this.lock?.lockedUntil;
  }

  isExpired(now: Instant): boolean {
    const { expiry } = this;
    return expiry !== undefined && expiry <= now;
  }
}
