import type { AmqpConnection, TransactionCoordinator } from '../../../amqp/api.ts';
import { errorFor, fromTransactionId, type ProtocolContext, toTransactionId, whenDurable } from './context.ts';

/** Declares and discharges (AMQP part 4); a transaction belongs to the connection that declared it. */
export function createTransactions(context: ProtocolContext): TransactionCoordinator {
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
      const discharged = broker.dischargeTransaction(reference, fail);
      if (!discharged.ok) return errorFor(context, discharged, connection);
      return new Promise((resolve) => whenDurable(context, resolve));
    },
  };
}
