import { int, timestamp } from '../../../../amqp/codec/index.ts';
import { transactionOn } from '../context.ts';
import type { ManagementOperation } from './operation.ts';
import { NO_CONTENT, OK } from './operation.ts';

/** .NET's and JavaScript's sentinel for "every session" lies in the year 9999; so does any time that nothing can be set after. */
const EVERY_SESSION_FROM = Date.UTC(9999, 0, 1);

const renewSessionLock: ManagementOperation = {
  right: 'Listen',
  run(call) {
    const renewed = call.context.broker.renewSessionLock(call.path, call.need<string>('session-id'));
    if (!renewed.ok) return call.refuse(renewed);
    return { statusCode: 200, body: { expiration: timestamp(renewed.lockedUntil) } };
  },
};

const getSessionState: ManagementOperation = {
  right: 'Listen',
  run(call) {
    const got = call.context.broker.getSessionState(call.path, call.need<string>('session-id'));
    if (!got.ok) return call.refuse(got);
    return { statusCode: 200, body: { 'session-state': got.state ?? null } };
  },
};

const setSessionState: ManagementOperation = {
  right: 'Listen',
  run(call) {
    const state = call.get<Buffer>('session-state');
    const inTransaction = transactionOn(call.request.connection, call.request.transactionId);
    const set = call.context.broker.setSessionState(
      call.path,
      call.need<string>('session-id'),
      // No bytes are no state: so the Go client clears it, and reads null afterwards (azservicebus, TestSessionReceiver_acceptSession).
      state?.length ? Buffer.from(state) : undefined,
      inTransaction,
    );
    if (!set.ok) return call.refuse(set);
    return inTransaction.transaction ? OK : call.whenDurable(OK);
  },
};

const getMessageSessions: ManagementOperation = {
  right: 'Listen',
  run(call) {
    const skip = call.get<number>('skip') ?? 0;
    const since = call.get<Date>('last-updated-time');
    const isEvery = since === undefined || Number.isNaN(since.getTime()) || since.getTime() >= EVERY_SESSION_FROM;
    const listed = call.context.broker.listSessions(call.path, {
      stateSetAfter: isEvery ? undefined : since.getTime(),
      skip,
      top: call.get<number>('top') ?? 100,
    });
    if (!listed.ok) return call.refuse(listed);
    if (listed.sessionIds.length === 0) return NO_CONTENT;
    return {
      statusCode: 200,
      body: { skip: int(skip + listed.sessionIds.length), 'sessions-ids': listed.sessionIds },
    };
  },
};

export const sessionOperations: Readonly<Record<string, ManagementOperation>> = {
  'com.microsoft:renew-session-lock': renewSessionLock,
  'com.microsoft:get-session-state': getSessionState,
  'com.microsoft:set-session-state': setSessionState,
  'com.microsoft:get-message-sessions': getMessageSessions,
};
