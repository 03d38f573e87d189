import type { Envelope } from '../../../shared/messaging/envelope.ts';
import type { Messaging } from '../../../shared/messaging/messaging.ts';

export interface Sent {
  readonly to: string;
  readonly message: Envelope;
  /** The session of a send, the subject of an event, the partition key of a stream. */
  readonly with: string | undefined;
}

/** Messaging that keeps what is sent, in order. */
export interface RecordingMessaging extends Messaging {
  readonly sent: Sent[];
  /** The next call rejects with this. */
  failNext(error: Error): void;
}

export function recordingMessaging(): RecordingMessaging {
  const sent: Sent[] = [];
  const failures: Error[] = [];
  const record = async (to: string, message: Envelope, extra?: string) => {
    const failure = failures.shift();
    if (failure) throw failure;
    sent.push({ to, message, with: extra });
  };
  return {
    sent,
    failNext: (error) => void failures.push(error),
    send: (to, message, ...session: readonly string[]) => record(to.name, message as Envelope, session[0]),
    enqueue: (to, message) => record(to.name, message as Envelope),
    enqueuePoison: (to, message) => record(`${to.name}-poison`, message as Envelope),
    publish: (to, subject, event) => record(to.name, event as Envelope, subject),
    async stream(to, partitionKey, events) {
      for (const event of events) await record(to.name, event as Envelope, partitionKey);
    },
  };
}
