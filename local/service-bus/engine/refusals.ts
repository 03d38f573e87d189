import type { Refusal, RefusalName } from './outcomes.ts';

export function refuse(outcome: RefusalName, entity: string, detail: string): Refusal {
  return { ok: false, outcome, entity, detail };
}

export const OK = { ok: true } as const;

export const entityNotFound = (path: string): Refusal =>
  refuse('entity-not-found', path, `The messaging entity '${path}' could not be found.`);

export const entityAlreadyExists = (path: string): Refusal =>
  refuse('entity-already-exists', path, `The messaging entity '${path}' already exists.`);

export const entityDisabled = (path: string): Refusal =>
  refuse('entity-disabled', path, `The messaging entity '${path}' is currently disabled.`);

export const lockLost = (path: string): Refusal =>
  refuse(
    'lock-lost',
    path,
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
  );

export const sessionLockLost = (path: string, sessionId: string): Refusal =>
  refuse(
    'session-lock-lost',
    path,
    `The session lock has expired on the MessageSession. Accept a new MessageSession. Session: ${sessionId}.`,
  );

export const sessionCannotBeLocked = (path: string, sessionId: string): Refusal =>
  refuse(
    'session-cannot-be-locked',
    path,
    `The requested session '${sessionId}' cannot be accepted. It may be locked by another receiver.`,
  );

export const messageNotFound = (path: string, sequenceNumber: number): Refusal =>
  refuse('message-not-found', path, `Failed to lock one or more specified messages: ${sequenceNumber} was not found.`);

export const sessionIdMissing = (path: string): Refusal =>
  refuse(
    'session-id-missing',
    path,
    'The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.',
  );

export const quotaExceeded = (kind: 'Queue' | 'Topic', path: string): Refusal =>
  refuse('quota-exceeded', path, `The maximum entity size has been reached or exceeded for ${kind}: '${path}'.`);
