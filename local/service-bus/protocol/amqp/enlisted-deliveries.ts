import type { AmqpConnection, OutgoingDelivery } from '../../../amqp/api.ts';

/**
 * Deliveries whose outcome waits for the end of a transaction: settled when it is committed, and left as they are when it is
 * rolled back, so that the peer can decide about them anew (AMQP part 4, section 4.4.2).
 */
export class EnlistedDeliveries {
  private readonly byConnection = new WeakMap<AmqpConnection, Map<string, OutgoingDelivery[]>>();

  add(connection: AmqpConnection, transactionId: string, delivery: OutgoingDelivery): void {
    let transactions = this.byConnection.get(connection);
    if (!transactions) {
      transactions = new Map();
      this.byConnection.set(connection, transactions);
    }
    const deliveries = transactions.get(transactionId);
    if (deliveries) deliveries.push(delivery);
    else transactions.set(transactionId, [delivery]);
  }

  /** Gives out the transaction's deliveries, and forgets them. */
  take(connection: AmqpConnection, transactionId: string): readonly OutgoingDelivery[] {
    const transactions = this.byConnection.get(connection);
    const deliveries = transactions?.get(transactionId) ?? [];
    transactions?.delete(transactionId);
    return deliveries;
  }
}
