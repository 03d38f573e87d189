import type { MakeThumbnails } from '../../shared/messages/make-thumbnails.ts';
import { PhotoRejected } from '../../shared/messages/photo-rejected.ts';
import { derivedId } from '../../shared/messaging/derived-id.ts';
import { type EnvelopeOf, envelope } from '../../shared/messaging/envelope.ts';
import type { Messaging } from '../../shared/messaging/messaging.ts';
import type { Log } from '../../shared/messaging/triggers/handling.ts';
import { done, type Outcome } from '../../shared/reliability/outcome.ts';
import type { Rows } from '../../shared/storage/rows.ts';
import { topology } from '../../shared/topology.ts';
import { finishPhotoJob } from './photo-job.ts';

const reason = 'No thumbnails could be made: the file is no image, it is damaged, or every attempt failed.';

/** The end of a job that went to the poison queue: says so to whoever waits for the photo. */
export async function rejectPhoto(
  message: EnvelopeOf<typeof MakeThumbnails>,
  deps: { jobs: Rows; messaging: Pick<Messaging, 'publish'>; now: () => number; log: Log },
): Promise<Outcome> {
  const { photo } = message.data;
  const id = derivedId(message.id, PhotoRejected.type);
  await deps.messaging.publish(
    topology.operations,
    `photos/${photo.name}`,
    envelope(PhotoRejected, { photo: photo.name, reason }, { id, cause: message }),
  );
  const finishedAt = new Date(deps.now()).toISOString();
  await finishPhotoJob(deps.jobs, photo, { status: 'rejected', finishedAt, reason });
  deps.log.warn(`${photo.name} is rejected.`);
  return done;
}
