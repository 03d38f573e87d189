import type { Settings } from './settings.ts';

export interface Mail {
  /** Becomes the Message-ID, so that a mail sent twice is one mail to whoever reads it. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
}

/** Hands a mail over to the SMTP server; rejects when that does not take it. */
export type SendMail = (mail: Mail) => Promise<void>;

export function createMailer({ host, port, from, to }: Settings['mail']): SendMail {
  let transport: Promise<import('nodemailer').Transporter> | undefined;
  return async ({ id, subject, text }) => {
    transport ??= import('nodemailer').then(({ createTransport }) =>
      // Encrypted whenever the server offers it (STARTTLS).
      createTransport({ host, port, secure: port === 465 }),
    );
    await (await transport).sendMail({ from, to, subject, text, messageId: `<${id}@${domainOf(from)}>` });
  };
}

function domainOf(address: string): string {
  return address.replace(/>.*$/, '').split('@')[1] ?? 'localhost';
}
