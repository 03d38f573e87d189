import type { AmqpSession, IncomingLink, OutgoingLink } from '../../../amqp/api.ts';
import type { Refusal } from '../../engine/api.ts';
import { parsePath } from '../../engine/paths.ts';
import { refuse } from '../../engine/refusals.ts';

/**
 * What the clients call transactions across entities: one AMQP session for the coordinator, opened first, and every link. The
 * entity of the first link is the group's; what the others send in a transaction goes by way of it, and nothing is received
 * but from it (Azure.Messaging.ServiceBus, TransactionLiveTests, the tests named TransactionGroup).
 */
export class TransactionGroups {
  private readonly homes = new WeakMap<AmqpSession, string>();

  /** The entity by way of which the link has to send in a transaction; `undefined` where it needs none. */
  joinAsSender(link: IncomingLink): string | undefined {
    const home = this.homeOf(link);
    return home === undefined || isSameRoot(home, link.address) ? undefined : home;
  }

  /** Why the link cannot be in the session's group, if it cannot. */
  joinAsReceiver(link: OutgoingLink): Refusal | undefined {
    const home = this.homeOf(link);
    if (home === undefined || isSameRoot(home, link.address)) return undefined;
    return refuse(
      'not-allowed',
      link.address,
      `The session's transactions are on '${home}': only messages of that entity can be received on it.`,
    );
  }

  private homeOf({ session, address }: IncomingLink | OutgoingLink): string | undefined {
    if (!session.hasCoordinator) return undefined;
    const known = this.homes.get(session);
    if (known === undefined) this.homes.set(session, address);
    return known ?? address;
  }
}

function isSameRoot(one: string, other: string): boolean {
  return parsePath(one).root.toLowerCase() === parsePath(other).root.toLowerCase();
}
