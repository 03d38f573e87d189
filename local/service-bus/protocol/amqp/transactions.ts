import type { AmqpConnection, TransactionCoordinator } from '../../../amqp/api.ts';
import { errorFor, fromTransactionId, type ProtocolContext, toTransactionId, whenDurable } from './context.ts';
import type { EnlistedDeliveries } from './enlisted-deliveries.ts';

/** Declares and discharges (AMQP part 4); a transaction belongs to the connection that declared it. */
export function createTransactions(context: ProtocolContext, enlisted: EnlistedDeliveries): TransactionCoordinator {
  const { broker } = context;
  const known = new WeakSet<AmqpConnection>();
  return {
    declare(connection) {
      if (!known.has(connection)) {
        known.add(connection);
        connection.onClose(() => broker.endTransactionScope(connection.id));
      }
      return toTransactionId(broker.declareTransaction(connection.id).transactionId);
    },
    discharge(connection, transactionId, fail) {
      const reference = { scopeId: connection.id, transactionId: fromTransactionId(transactionId) };
      const deliveries = enlisted.take(connection, reference.transactionId);
      const discharged = broker.dischargeTransaction(reference, fail);
      if (!discharged.ok) return errorFor(context, discharged, connection);
      return new Promise((resolve) =>
        whenDurable(context, (error) => {
          if (!error && !fail) for (const delivery of deliveries) delivery.settle();
          resolve(error);
        }),
      );
    },
  };
}
