import type { AmqpConnection, AmqpError } from '../../../amqp/api.ts';
import type { Clock } from '../../../clock/clock.ts';
import type { Log } from '../../../log.ts';
import type { Broker, Refusal, TransactionReference } from '../../engine/api.ts';
import { notDurable, toAmqpError } from '../conditions.ts';
import type { FaultOperation, Faults } from '../faults.ts';

/** What the parts of the protocol share. */
export interface ProtocolContext {
  readonly broker: Broker;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  /** Called before a path is looked up, where entities are created as they are asked for; absent where they are not. */
  readonly ensureEntity?: (path: string, wanted: 'sender' | 'receiver') => void;
}

/** The error of a refusal as a peer is to see it. */
export function errorFor(context: ProtocolContext, refusal: Refusal, connection: AmqpConnection): AmqpError {
  return traced(context, toAmqpError(refusal, connection.hostname), refusal.entity);
}

/** The service ends every description with what its support would search for. */
export function traced(context: ProtocolContext, error: AmqpError, entity: string): AmqpError {
  const timestamp = new Date(context.clock.now()).toISOString().slice(0, 19);
  const systemTracker = `${context.broker.namespaceName}:${entity}`;
  return {
    ...error,
    description: `${error.description} TrackingId:${context.newId()}, SystemTracker:${systemTracker}, Timestamp:${timestamp}`,
  };
}

/** Runs `then` once what the broker has done is on disk, with the error to answer if it could not be written. */
export function whenDurable(context: ProtocolContext, then: (error: AmqpError | undefined) => void): void {
  context.broker.whenDurable((error) => then(error && notDurable(error)));
}

/** Lets an injected fault have its way before an operation; without faults `run` is called at once. */
export function struck(
  context: ProtocolContext,
  entity: string,
  operation: FaultOperation,
  run: (error: AmqpError | undefined) => void,
): void {
  const strike = context.faults.strike(entity, operation);
  if (!strike || strike.delayMs === 0) run(strike?.error);
  else context.clock.setTimer(context.clock.now() + strike.delayMs, () => run(strike.error));
}

export function transactionOn(
  connection: AmqpConnection,
  transactionId: Buffer | undefined,
): { readonly transaction?: TransactionReference } {
  if (!transactionId) return {};
  return { transaction: { scopeId: connection.id, transactionId: fromTransactionId(transactionId) } };
}

/** A transaction's id on the wire is the text of the engine's. */
export function toTransactionId(id: string): Buffer {
  return Buffer.from(id, 'utf8');
}

export function fromTransactionId(id: Buffer): string {
  return id.toString('utf8');
}
