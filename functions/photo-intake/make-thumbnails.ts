import type { MakeThumbnails } from '../../shared/messages/make-thumbnails.ts';
import { PhotoReady } from '../../shared/messages/photo-ready.ts';
import type { ClaimChecks } from '../../shared/messaging/claim-check.ts';
import { derivedId } from '../../shared/messaging/derived-id.ts';
import { type EnvelopeOf, envelope } from '../../shared/messaging/envelope.ts';
import type { Messaging } from '../../shared/messaging/messaging.ts';
import type { Log } from '../../shared/messaging/triggers/handling.ts';
import type { Once } from '../../shared/reliability/once.ts';
import { deadLetter, done, type Outcome, retryLater } from '../../shared/reliability/outcome.ts';
import type { Rows } from '../../shared/storage/rows.ts';
import { topology } from '../../shared/topology.ts';
import { finishPhotoJob } from './photo-job.ts';
import type { makeThumbnails } from './thumbnails.ts';

/**
 * Redeems the claim check, makes the thumbnails, writes them beside the photo, says that the photo is ready.
 * A photo that was replaced or deleted meanwhile is no failure. One that cannot be read never will be: it goes to the poison
 * queue at once. Anything else (Storage is away) fails and is tried again by the host.
 */
export async function makePhotoThumbnails(
  message: EnvelopeOf<typeof MakeThumbnails>,
  deps: {
    once: Once;
    claimChecks: ClaimChecks;
    make: typeof makeThumbnails;
    jobs: Rows;
    messaging: Pick<Messaging, 'publish'>;
    now: () => number;
    log: Log;
  },
): Promise<Outcome> {
  const { once, claimChecks, make, jobs, messaging, now, log } = deps;
  const { photo } = message.data;
  // That the image cannot be read is kept with the mark: if the process dies before the message is in the poison queue, the
  // next delivery says so again instead of "done before".
  const result = await once(
    { scope: 'make-thumbnails', key: message.id },
    async (): Promise<{ unreadable?: string }> => {
      const blob = await claimChecks.redeem(photo);
      if (blob.outcome === 'superseded') {
        log.info(`${photo.name} was replaced or deleted; there is nothing to do for this version.`);
        return {};
      }
      const made = await make(blob.bytes);
      if (made.outcome === 'unreadable') {
        return { unreadable: made.problem };
      }
      const thumbnails = made.thumbnails.map(({ width, height }) => ({
        blob: `${photo.name}/${width}.webp`,
        width,
        height,
      }));
      for (const { width, bytes } of made.thumbnails) {
        await claimChecks.write(topology.thumbnails.name, `${photo.name}/${width}.webp`, bytes, 'image/webp');
      }
      await messaging.publish(
        topology.operations,
        `photos/${photo.name}`,
        envelope(
          PhotoReady,
          { photo: photo.name, width: made.width, height: made.height, thumbnails },
          { id: derivedId(message.id, PhotoReady.type), cause: message },
        ),
      );
      const finishedAt = new Date(now()).toISOString();
      await finishPhotoJob(jobs, photo, { status: 'ready', finishedAt, thumbnails: JSON.stringify(thumbnails) });
      log.info(`${photo.name}: ${thumbnails.length} thumbnails.`);
      return {};
    },
  );
  if (result.outcome === 'in-progress') return retryLater(`Another attempt is at work on ${photo.name}.`);
  const { unreadable } = result.value;
  return unreadable === undefined ? done : deadLetter('UnreadableImage', `${photo.name}: ${unreadable}`);
}
