import type { AmqpError } from '../../amqp/api.ts';

/**
 * Faults that a test injects through the inspection API (docs/inspection.md), to see what its code does when the service
 * misbehaves. `protocol/amqp` and `protocol/http` ask {@link Faults} at the points named below; without faults each question
 * costs one look at an empty list.
 */
export type FaultOperation = 'attach' | 'send' | 'receive' | 'settle' | 'manage';

export type Fault = {
  /** Entity path as in an address (`orders`, `prices/Subscriptions/all`, `orders/$DeadLetterQueue`); `undefined`: every entity. */
  readonly entity?: string;
  /** How often it strikes before it is gone; `undefined`: until it is removed. */
  readonly times?: number;
} & (
  | { readonly kind: 'refuse-attach'; readonly condition?: string; readonly description?: string }
  | { readonly kind: 'server-busy'; readonly operations?: readonly FaultOperation[] }
  | { readonly kind: 'delay'; readonly delayMs: number; readonly operations?: readonly FaultOperation[] }
  | { readonly kind: 'starve-credit' }
);

export type FaultKind = Fault['kind'];

/** What strikes an operation: it waits `delayMs`, and then fails with `error` if there is one. */
export interface Strike {
  readonly delayMs: number;
  readonly error: AmqpError | undefined;
}

/** Things that are done to what is there now, rather than to what comes. */
export type Disruption =
  /** Close every link on the entity, with the error (default: `amqp:link:detach-forced`). */
  { readonly kind: 'detach'; readonly entity: string | undefined; readonly error: AmqpError };

export interface StandingFault {
  readonly id: string;
  readonly fault: Fault;
}

const SERVER_BUSY: AmqpError = {
  condition: 'com.microsoft:server-busy',
  description:
    'The request was terminated because the namespace is being throttled. Please wait 10 seconds and try again.',
};

const DETACH_FORCED: AmqpError = {
  condition: 'amqp:link:detach-forced',
  description: 'The link was force detached by a fault that was injected through the inspection API.',
};

/** The faults of one broker: held here, set by `protocol/http`, asked by whoever serves an operation. */
export class Faults {
  private readonly standing = new Map<string, { readonly fault: Fault; timesLeft: number }>();
  private readonly disruptionListeners = new Set<(disruption: Disruption) => void>();
  private readonly creditListeners = new Set<() => void>();
  private lastId = 0;

  add(fault: Fault): StandingFault {
    this.lastId += 1;
    const id = String(this.lastId);
    this.standing.set(id, { fault, timesLeft: fault.times ?? Number.POSITIVE_INFINITY });
    return { id, fault };
  }

  /** False when there is no such fault (any more). */
  remove(id: string): boolean {
    const removed = this.standing.delete(id);
    if (removed) for (const listener of this.creditListeners) listener();
    return removed;
  }

  removeAll(): void {
    for (const id of [...this.standing.keys()]) this.remove(id);
  }

  list(): StandingFault[] {
    return [...this.standing].map(([id, { fault }]) => ({ id, fault }));
  }

  /**
   * To be asked once for each operation, before it is carried out: an attach, a transfer in (`send`), a transfer out or a
   * receive request (`receive`), a disposition (`settle`), a request on `$management` or over HTTP (`manage`).
   */
  strike(entity: string, operation: FaultOperation): Strike | undefined {
    if (this.standing.size === 0) return undefined;
    let delayMs = 0;
    let error: AmqpError | undefined;
    for (const [id, entry] of this.standing) {
      if (!concerns(entry.fault, entity, operation)) continue;
      entry.timesLeft -= 1;
      if (entry.timesLeft <= 0) this.standing.delete(id);
      if (entry.fault.kind === 'delay') delayMs += entry.fault.delayMs;
      else error ??= errorOf(entry.fault, entity);
    }
    return delayMs > 0 || error ? { delayMs, error } : undefined;
  }

  /** True while senders on this entity are to be left without credit. To be asked before credit is given. */
  isStarved(entity: string): boolean {
    for (const { fault } of this.standing.values())
      if (fault.kind === 'starve-credit' && isAbout(fault, entity)) return true;
    return false;
  }

  /** Called when a fault was removed: who held credit back for {@link isStarved} asks again. */
  onCreditReleased(listener: () => void): () => void {
    this.creditListeners.add(listener);
    return () => this.creditListeners.delete(listener);
  }

  /** Detaches all links on an entity (`undefined`: on all entities). */
  detachLinks(entity: string | undefined, error: AmqpError = DETACH_FORCED): void {
    for (const listener of this.disruptionListeners) listener({ kind: 'detach', entity, error });
  }

  onDisruption(listener: (disruption: Disruption) => void): () => void {
    this.disruptionListeners.add(listener);
    return () => this.disruptionListeners.delete(listener);
  }
}

/** True when a fault or disruption for `about` strikes `entity`: the same path in any letter case, or no path at all. */
export function isSameEntity(about: string | undefined, entity: string): boolean {
  return about === undefined || about.toLowerCase() === entity.toLowerCase();
}

function isAbout(fault: Fault, entity: string): boolean {
  return isSameEntity(fault.entity, entity);
}

function concerns(fault: Fault, entity: string, operation: FaultOperation): boolean {
  if (!isAbout(fault, entity)) return false;
  if (fault.kind === 'refuse-attach') return operation === 'attach';
  if (fault.kind === 'starve-credit') return false;
  return fault.operations === undefined ? operation !== 'attach' : fault.operations.includes(operation);
}

function errorOf(fault: Fault, entity: string): AmqpError | undefined {
  if (fault.kind === 'server-busy') return SERVER_BUSY;
  if (fault.kind !== 'refuse-attach') return undefined;
  return {
    condition: fault.condition ?? 'amqp:internal-error',
    description: fault.description ?? `The link to '${entity}' is refused by a fault that was injected.`,
  };
}
