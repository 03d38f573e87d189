import type { Instant } from '../../clock/clock.ts';
import { Heap } from './heap.ts';
import type { Lock } from './locks.ts';
import { ReadyLine } from './ready-line.ts';
import type { ReceiverLink } from './receiver-link.ts';

/** One receiver's hold on a session. */
export interface SessionHold {
  readonly receiver: ReceiverLink;
  lockedUntil: Instant;
}

export class Session {
  readonly id: string;
  readonly ready = new ReadyLine();
  /** Locks of messages that the holder has not settled. */
  readonly locks = new Set<Lock>();
  holder: SessionHold | undefined = undefined;
  state: Uint8Array | undefined = undefined;
  stateSetAt: Instant = 0;
  /** Messages of this session in the entity, whatever their phase. */
  messageCount = 0;
  /** Active ones, locked or not. */
  activeCount = 0;
  /** The key under which the session stands in the line of available ones. */
  offeredAt: number | undefined = undefined;

  constructor(id: string) {
    this.id = id;
  }
}

interface Offer {
  readonly session: Session;
  readonly firstSequenceNumber: number;
}

/** The sessions of one entity, and which of them the next receiver gets: the one whose first message is the oldest (I, §7). */
export class SessionTable {
  private readonly byId = new Map<string, Session>();
  private readonly offers = new Heap<Offer>((offer) => offer.firstSequenceNumber);

  get(id: string): Session | undefined {
    return this.byId.get(id);
  }

  ensure(id: string): Session {
    let session = this.byId.get(id);
    if (!session) {
      session = new Session(id);
      this.byId.set(id, session);
    }
    return session;
  }

  values(): Iterable<Session> {
    return this.byId.values();
  }

  /** A session without messages, state and holder is nothing. */
  dropIfEmpty(session: Session): void {
    if (session.messageCount > 0 || session.state !== undefined || session.holder) return;
    this.byId.delete(session.id);
  }

  /** Puts a session that has messages to receive and no holder into the line. */
  offer(session: Session): boolean {
    if (session.holder) return false;
    const first = session.ready.peek();
    if (!first) return false;
    if (session.offeredAt === undefined || first.sequenceNumber < session.offeredAt) {
      session.offeredAt = first.sequenceNumber;
      this.offers.push({ session, firstSequenceNumber: first.sequenceNumber });
    }
    return true;
  }

  /** The session that the next receiver gets; it stays in the line until somebody holds it. */
  nextAvailable(): Session | undefined {
    for (let offer = this.offers.peek(); offer; offer = this.offers.peek()) {
      const { session } = offer;
      if (session.offeredAt === offer.firstSequenceNumber && !session.holder) {
        const first = session.ready.peek();
        if (first && first.sequenceNumber === offer.firstSequenceNumber) return session;
      }
      this.offers.pop();
      if (session.offeredAt === offer.firstSequenceNumber) session.offeredAt = undefined;
      this.offer(session);
    }
    return undefined;
  }

  clear(): void {
    this.byId.clear();
    this.offers.clear();
  }
}
