import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { type Clock, RealClock } from '../clock/index.ts';
import type { Log } from '../log.ts';
import { type CaughtMail, readMail } from './mail.ts';

export type { CaughtMail } from './mail.ts';

export interface MailSinkOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** Where mails are kept as `.eml` files; null keeps them in memory only. */
  readonly dataFolder: string | null;
  readonly clock?: Clock;
  readonly log: Log;
}

/** A mail server that delivers nothing: it keeps what the app sends, for people and tests to look at. */
export interface MailSink {
  readonly host: string;
  readonly port: number;
  /** What came since the start, oldest first. */
  readonly mails: readonly CaughtMail[];
  onMail(listener: (mail: CaughtMail) => void): () => void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** Mail servers at large take 25 MB or so; more is a mistake. */
const MAX_SIZE_BYTES = 50 * 1024 * 1024;
/** The oldest leave memory first. */
const MAX_KEPT_MAILS = 1000;

/** @throws the system's error when the port cannot be had */
export async function startMailSink({
  port,
  dataFolder,
  clock = new RealClock(),
  log,
}: MailSinkOptions): Promise<MailSink> {
  const folder = dataFolder === null ? null : join(dataFolder, 'mail');
  if (folder !== null) await mkdir(folder, { recursive: true });
  const mails: CaughtMail[] = [];
  const listeners = new Set<(mail: CaughtMail) => void>();

  async function keep(mail: CaughtMail): Promise<void> {
    if (folder !== null) {
      const time = new Date(mail.receivedAt).toISOString().replaceAll(':', '-');
      await writeFile(join(folder, `${time}-${mail.id.slice(0, 8)}.eml`), mail.raw);
    }
    mails.push(mail);
    if (mails.length > MAX_KEPT_MAILS) mails.shift();
    log('information', 'mail', `Caught a mail to ${mail.to.join(', ')}: ${mail.subject}`);
    for (const listener of listeners) listener(mail);
  }

  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    // Whatever an app is set up with gets in: nothing leaves this machine.
    onAuth: (auth, _session, done) => done(null, { user: auth.username ?? 'anyone' }),
    size: MAX_SIZE_BYTES,
    logger: false,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', (error) => done(error));
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(new Error(`A mail may have at most ${MAX_SIZE_BYTES} bytes.`));
        const raw = Buffer.concat(chunks).toString('utf8');
        const from = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
        const to = session.envelope.rcptTo.map((recipient) => recipient.address);
        const mail: CaughtMail = { id: randomUUID(), receivedAt: clock.now(), from, to, ...readMail(raw), raw };
        keep(mail).then(() => done(), done);
      });
    },
  });
  server.on('error', (error) => log('warning', 'mail', error.message));

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, HOST, () => {
      server.server.off('error', reject);
      resolve();
    });
  });

  return {
    host: HOST,
    port: (server.server.address() as AddressInfo).port,
    mails,
    onMail: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => {
      // Its own close() waits for idle connections; an app's pool would keep us.
      const closed = new Promise<void>((resolve) => server.close(resolve));
      for (const connection of (server as unknown as { connections: Set<{ _socket?: { destroy(): void } }> })
        .connections)
        connection._socket?.destroy();
      return closed;
    },
  };
}
