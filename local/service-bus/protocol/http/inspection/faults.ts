import type { Broker, StoredMessage } from '../../../engine/api.ts';
import type { Fault, FaultOperation, Faults } from '../../faults.ts';
import type { HttpReply } from '../exchange.ts';
import { refused } from './entities.ts';
import { json, problem } from './json.ts';

const OPERATIONS: readonly FaultOperation[] = ['attach', 'send', 'receive', 'settle', 'manage'];

/** `POST /inspect/faults`: a fault that stands until it has struck as often as asked, or is removed. */
export function addFault(faults: Faults, given: Record<string, unknown>): HttpReply {
  const fault = readFault(given);
  return typeof fault === 'string' ? problem(400, 'invalid-argument', fault) : json(201, faults.add(fault));
}

function readFault(given: Record<string, unknown>): Fault | string {
  const { entity, times, kind, operations, delayMs, condition, description } = given;
  if (entity !== undefined && typeof entity !== 'string') return 'entity is not a string.';
  if (times !== undefined && !(Number.isInteger(times) && Number(times) > 0))
    return 'times is not a positive whole number.';
  if (operations !== undefined && !isOperations(operations))
    return `operations is not a list of ${OPERATIONS.join(', ')}.`;
  const about = {
    ...(entity === undefined ? {} : { entity }),
    ...(times === undefined ? {} : { times: Number(times) }),
  };
  const on = operations === undefined ? {} : { operations };
  switch (kind) {
    case 'refuse-attach':
      return { ...about, kind, ...texts({ condition, description }) };
    case 'server-busy':
      return { ...about, ...on, kind };
    case 'delay':
      if (typeof delayMs !== 'number' || !(delayMs > 0)) return 'delayMs is not a positive number.';
      return { ...about, ...on, kind, delayMs };
    case 'starve-credit':
      return { ...about, kind };
    default:
      return 'kind is none of refuse-attach, server-busy, delay, starve-credit.';
  }
}

function isOperations(value: unknown): value is FaultOperation[] {
  return Array.isArray(value) && value.every((item) => OPERATIONS.includes(item as FaultOperation));
}

function texts(given: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** `POST /inspect/detach {entity?, condition?, description?}`: closes the links that are open now. */
export function detach(faults: Faults, given: Record<string, unknown>): HttpReply {
  const { entity, condition, description } = given;
  if (entity !== undefined && typeof entity !== 'string')
    return problem(400, 'invalid-argument', 'entity is not a string.');
  if (typeof condition === 'string')
    faults.detachLinks(entity, { condition, description: typeof description === 'string' ? description : condition });
  else faults.detachLinks(entity);
  return { status: 204 };
}

/** `POST /inspect/lose-lock {entity, sequenceNumber | lockToken | sessionId}`: as if its time had passed. */
export function loseLock(broker: Broker, given: Record<string, unknown>): HttpReply {
  const { entity, sequenceNumber, lockToken, sessionId } = given;
  if (typeof entity !== 'string') return problem(400, 'invalid-argument', 'entity is missing.');
  if (typeof sessionId === 'string') return done(broker.loseSession(entity, sessionId));
  if (typeof lockToken === 'string') return done(broker.loseLock(entity, lockToken));
  if (typeof sequenceNumber !== 'number')
    return problem(400, 'invalid-argument', 'One of sequenceNumber, lockToken, sessionId is needed.');
  const peeked = broker.peek(entity, { fromSequenceNumber: sequenceNumber, maxCount: 1 });
  if (!peeked.ok) return refused(peeked);
  const message: StoredMessage | undefined = peeked.messages[0];
  if (message?.sequenceNumber !== sequenceNumber || message.lockToken === undefined)
    return problem(404, 'message-not-found', `No message ${sequenceNumber} is locked in '${entity}'.`);
  return done(broker.loseLock(entity, message.lockToken));
}

function done(outcome: ReturnType<Broker['loseLock']>): HttpReply {
  return outcome.ok ? { status: 204 } : refused(outcome);
}
