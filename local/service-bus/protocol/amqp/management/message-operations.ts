import { arrayOf, int, Uuid, uuid } from '../../../../amqp/codec/index.ts';
import type { Settlement, StoredMessage } from '../../../engine/api.ts';
import { transactionOn } from '../context.ts';
import { toNewMessage } from '../message-reading.ts';
import { type WriteOptions, writeMessage } from '../message-writing.ts';
import { toPropertiesToModify } from '../settlement.ts';
import { BadRequest, type ManagementCall, type ManagementOperation, NO_CONTENT, OK } from './operation.ts';

const RECEIVE_AND_DELETE = 0;

const peek: ManagementOperation = {
  right: 'Listen',
  run(call) {
    const peeked = call.context.broker.peek(call.path, {
      fromSequenceNumber: Number(call.need<number | bigint>('from-sequence-number')),
      maxCount: call.need<number>('message-count'),
      sessionId: call.get<string>('session-id'),
    });
    if (!peeked.ok) return call.refuse(peeked);
    if (peeked.messages.length === 0) return NO_CONTENT;
    const omitBody = call.get<boolean>('omit-message-body') === true;
    return { statusCode: 200, body: { messages: peeked.messages.map((message) => encodedAs(message, { omitBody })) } };
  },
};

const renewLock: ManagementOperation = {
  right: 'Listen',
  run(call) {
    const renewed = call.context.broker.renewLocks(call.path, lockTokens(call), transactionOf(call));
    if (!renewed.ok) return call.refuse(renewed);
    return { statusCode: 200, body: { expirations: arrayOf('timestamp', renewed.lockedUntil) } };
  },
};

const schedule: ManagementOperation = {
  right: 'Send',
  run(call) {
    const messages = call
      .list<ReadonlyMap<string, unknown>>('messages')
      .map((entry) => toNewMessage(Buffer.from(entry.get('message') as Buffer)));
    const scheduled = call.context.broker.schedule(call.path, messages, transactionOf(call));
    if (!scheduled.ok) return call.refuse(scheduled);
    return call.whenDurable({
      statusCode: 200,
      body: { 'sequence-numbers': arrayOf('long', scheduled.sequenceNumbers) },
    });
  },
};

const cancelScheduled: ManagementOperation = {
  right: 'Send',
  run(call) {
    const canceled = call.context.broker.cancelScheduled(call.path, sequenceNumbers(call), transactionOf(call));
    return canceled.ok ? call.whenDurable(OK) : call.refuse(canceled);
  },
};

const receiveBySequenceNumber: ManagementOperation = {
  right: 'Listen',
  run(call) {
    const isDeleting = call.get<number>('receiver-settle-mode') === RECEIVE_AND_DELETE;
    const received = call.context.broker.receiveDeferred(call.path, sequenceNumbers(call), {
      mode: isDeleting ? 'receive-and-delete' : 'peek-lock',
      sessionId: call.get<string>('session-id'),
    });
    if (!received.ok) return call.refuse(received);
    const messages = received.deliveries.map(({ message, lockToken, lockedUntil }) => ({
      ...encodedAs(message, { lockedUntil, lockToken }),
      ...(lockToken === undefined ? {} : { 'lock-token': uuid(lockToken) }),
    }));
    return call.whenDurable({ statusCode: 200, body: { messages } });
  },
};

const updateDisposition: ManagementOperation = {
  right: 'Listen',
  run(call) {
    const { broker } = call.context;
    const settled = broker.settleAll(call.path, lockTokens(call), requestedSettlement(call), transactionOf(call));
    return settled.ok ? call.whenDurable(OK) : call.refuse(settled);
  },
};

const batchDelete: ManagementOperation = {
  right: 'Listen',
  run(call) {
    const deleted = call.context.broker.deleteMessages(call.path, {
      maxCount: call.need<number>('message-count'),
      enqueuedBefore: call.need<Date>('enqueued-time-utc').getTime(),
      sessionId: call.get<string>('session-id'),
    });
    if (!deleted.ok) return call.refuse(deleted);
    // The client takes 204 for "nothing there" only beside this condition.
    if (deleted.count === 0) return { ...NO_CONTENT, errorCondition: 'com.microsoft:message-not-found' };
    return call.whenDurable({ statusCode: 200, body: { 'message-count': int(deleted.count) } });
  },
};

export const messageOperations: Readonly<Record<string, ManagementOperation>> = {
  'com.microsoft:peek-message': peek,
  'com.microsoft:renew-lock': renewLock,
  'com.microsoft:schedule-message': schedule,
  'com.microsoft:cancel-scheduled-message': cancelScheduled,
  'com.microsoft:receive-by-sequence-number': receiveBySequenceNumber,
  'com.microsoft:update-disposition': updateDisposition,
  'com.microsoft:batch-delete-messages': batchDelete,
};

function encodedAs(message: StoredMessage, options: WriteOptions) {
  return { message: writeMessage(message, options) };
}

function requestedSettlement(call: ManagementCall): Settlement {
  const propertiesToModify = toPropertiesToModify(call.request.typedMap('properties-to-modify'));
  const status = call.need<string>('disposition-status');
  switch (status) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', propertiesToModify };
    // The service's spelling.
    case 'defered':
    case 'deferred':
      return { kind: 'defer', propertiesToModify };
    case 'suspended':
      return {
        kind: 'dead-letter',
        reason: call.get<string>('deadletter-reason'),
        description: call.get<string>('deadletter-description'),
        propertiesToModify,
      };
    default:
      throw new BadRequest(`'${status}' is not a disposition status.`);
  }
}

function lockTokens(call: ManagementCall): string[] {
  return call.list<unknown>('lock-tokens').map((token) => {
    if (token instanceof Uuid) return token.toString();
    throw new BadRequest("'lock-tokens' holds something that is not a UUID.");
  });
}

function sequenceNumbers(call: ManagementCall): number[] {
  return call.list<number | bigint>('sequence-numbers').map(Number);
}

function transactionOf(call: ManagementCall) {
  return transactionOn(call.request.connection, call.request.transactionId);
}
