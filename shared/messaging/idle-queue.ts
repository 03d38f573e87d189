import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusSessionReceiver } from '@azure/service-bus';
import Long from 'long';
import type { Queue } from '../topology/service-bus.ts';
import type { EnvelopeOf, MessagesOf, Parsed } from './envelope.ts';
import { fromServiceBus } from './wire/service-bus.ts';

/** A message of a session, locked to this holder. */
export interface SessionMessage<Message> {
  readonly sequenceNumber: number;
  readonly received: Parsed<Message>;
  complete(): Promise<void>;
  abandon(): Promise<void>;
  deadLetter(reason: string, description: string): Promise<void>;
}

/** A session that this drain holds the lock of: nobody else receives its messages until it is closed. */
export interface DrainedSession<Message> {
  readonly sessionId: string;
  /** What lies there now, in order, at most `maxMessages`; empty when nothing is left. Waits for nothing. */
  receive(maxMessages: number): Promise<readonly SessionMessage<Message>[]>;
  readState(): Promise<unknown>;
  writeState(state: unknown): Promise<void>;
  close(): Promise<void>;
}

/** A session queue that nobody listens to, as the function sees it that Event Grid woke. */
export interface IdleQueue<Message> {
  /** The next session with messages that nobody holds; undefined when there is none within a few seconds. */
  acceptNextSession(): Promise<DrainedSession<Message> | undefined>;
}

/**
 * A declared session queue, for draining. The Functions trigger cannot be used: it would be a listener, so that no event
 * would come, and it has no session state.
 */
export function createIdleQueue<Q extends Queue & { readonly requiresSession: true }>(
  queue: Q,
  client: () => Promise<ServiceBusClient>,
): IdleQueue<EnvelopeOf<MessagesOf<Q>>> {
  return {
    async acceptNextSession() {
      try {
        const receiver = await (await client()).acceptNextSession(queue.name);
        return drainedSession(queue, receiver);
      } catch (error) {
        if (noSession.has((error as { code?: string }).code ?? '')) return undefined;
        throw error;
      }
    },
  };
}

/** How Service Bus says that no session came within the time (service-bus-amqp-protocol-guide, "Accept next session"). */
const noSession = new Set(['SessionCannotBeLocked', 'ServiceTimeout', 'OperationTimeoutError']);

/** The wait for messages that a peek has just seen; it ends as soon as they are there. */
const receiveWaitMs = 2_000;

function drainedSession<Q extends Queue>(
  queue: Q,
  receiver: ServiceBusSessionReceiver,
): DrainedSession<EnvelopeOf<MessagesOf<Q>>> {
  return {
    sessionId: receiver.sessionId,
    async receive(maxMessages) {
      // A receive waits for as many messages as it was asked for, a second longer than need be on an empty session. A peek
      // says at once how many there are (also those that are deferred or scheduled, which cannot be received).
      // From the first: left to itself, the SDK peeks on from where any receiver of this queue peeked last.
      const seen = await receiver.peekMessages(maxMessages, { fromSequenceNumber: Long.ONE });
      const ready = seen.filter(({ state }) => state === 'active').length;
      if (ready === 0) return [];
      const messages = await receiver.receiveMessages(ready, { maxWaitTimeInMs: receiveWaitMs });
      return messages.map((message) => sessionMessage(queue, receiver, message));
    },
    readState: async () => decodeState(await receiver.getSessionState()),
    writeState: (state) => receiver.setSessionState(Buffer.from(JSON.stringify(state))),
    close: () => receiver.close(),
  };
}

function sessionMessage<Q extends Queue>(
  queue: Q,
  receiver: ServiceBusSessionReceiver,
  message: ServiceBusReceivedMessage,
): SessionMessage<EnvelopeOf<MessagesOf<Q>>> {
  const received = fromServiceBus(queue.message, queue.format ?? 'properties', message.body, message);
  return {
    sequenceNumber: message.sequenceNumber?.toNumber() ?? 0,
    received: received as Parsed<EnvelopeOf<MessagesOf<Q>>>,
    complete: () => receiver.completeMessage(message),
    abandon: () => receiver.abandonMessage(message),
    deadLetter: (deadLetterReason, deadLetterErrorDescription) =>
      receiver.deadLetterMessage(message, { deadLetterReason, deadLetterErrorDescription }),
  };
}

/** The state is bytes; the SDK hands over what it could parse, or the bytes. */
function decodeState(state: unknown): unknown {
  if (state === undefined || state === null || state === '') return undefined;
  try {
    if (Buffer.isBuffer(state)) return JSON.parse(state.toString());
    return typeof state === 'string' ? JSON.parse(state) : state;
  } catch {
    return undefined; // Not ours: as if there were none. The checkpoint saves work, it does not decide.
  }
}
