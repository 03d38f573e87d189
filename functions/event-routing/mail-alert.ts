import type { SendMail } from '../../shared/mail.ts';
import type { AlertRaised } from '../../shared/messages/alert-raised.ts';
import type { EnvelopeOf } from '../../shared/messaging/envelope.ts';
import { handleOnce, type Once } from '../../shared/reliability/once.ts';
import type { Outcome } from '../../shared/reliability/outcome.ts';

/** Mails an alert. Which alerts become mail is the subscription's filter, not this handler's affair. */
export function mailAlert(
  { id, data }: EnvelopeOf<typeof AlertRaised>,
  { once, sendMail }: { once: Once; sendMail: SendMail },
): Promise<Outcome> {
  return handleOnce(once, { scope: 'mail-alert', key: id }, () =>
    sendMail({ id, subject: `[${data.severity}] ${data.title}`, text: data.text }),
  );
}
