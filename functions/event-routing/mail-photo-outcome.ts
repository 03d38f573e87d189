import type { SendMail } from '../../shared/mail.ts';
import type { PhotoReady } from '../../shared/messages/photo-ready.ts';
import type { PhotoRejected } from '../../shared/messages/photo-rejected.ts';
import type { EnvelopeOf } from '../../shared/messaging/envelope.ts';
import { handleOnce, type Once } from '../../shared/reliability/once.ts';
import type { Outcome } from '../../shared/reliability/outcome.ts';

/** Mails what became of a photo. */
export function mailPhotoOutcome(
  event: EnvelopeOf<typeof PhotoReady | typeof PhotoRejected>,
  { once, sendMail }: { once: Once; sendMail: SendMail },
): Promise<Outcome> {
  return handleOnce(once, { scope: 'mail-photo-outcome', key: event.id }, () =>
    sendMail({ id: event.id, ...words(event) }),
  );
}

function words(event: EnvelopeOf<typeof PhotoReady | typeof PhotoRejected>): { subject: string; text: string } {
  if (event.type === 'Photos.PhotoRejected') {
    return { subject: `Photo rejected: ${event.data.photo}`, text: event.data.reason };
  }
  const { photo, width, height, thumbnails } = event.data;
  const sizes = thumbnails.map((thumbnail) => `${thumbnail.blob} (${thumbnail.width} x ${thumbnail.height})`);
  return { subject: `Photo ready: ${photo}`, text: [`${photo} (${width} x ${height})`, ...sizes].join('\n') };
}
