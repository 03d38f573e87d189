import type { BlobCreated } from '../../shared/messages/blob-created.ts';
import { MakeThumbnails } from '../../shared/messages/make-thumbnails.ts';
import { derivedId } from '../../shared/messaging/derived-id.ts';
import { envelope } from '../../shared/messaging/envelope.ts';
import type { Messaging } from '../../shared/messaging/messaging.ts';
import type { Log } from '../../shared/messaging/triggers/handling.ts';
import type { SystemEvent } from '../../shared/messaging/wire/event-grid.ts';
import { deadLetter, done, type Outcome, retryLater } from '../../shared/reliability/outcome.ts';
import type { Rows } from '../../shared/storage/rows.ts';
import { topology } from '../../shared/topology.ts';
import { photoJobKeys } from './photo-job.ts';

const subject = /^\/blobServices\/default\/containers\/(?<container>[^/]+)\/blobs\/(?<name>.+)$/;

/**
 * Notes that a photo came and queues the work. It does none of it: Event Grid waits 30 seconds for an answer and delivers
 * hundreds of events beside each other, so the load goes to a queue, which workers empty at their own pace.
 *
 * Event Grid delivers at least once and in no order. The job's id follows from the blob's version, so a repeated event
 * queues the same job; an event that is older than the row's (`sequencer`) is let go.
 */
export async function receivePhoto(
  event: SystemEvent<typeof BlobCreated>,
  deps: { jobs: Rows; messaging: Pick<Messaging, 'enqueue'>; now: () => number; log: Log },
): Promise<Outcome> {
  const { jobs, messaging, now, log } = deps;
  const { container, name } = subject.exec(event.subject)?.groups ?? {};
  if (!container || !name) return deadLetter('UnknownSubject', `The subject ${event.subject} names no blob.`);
  const { eTag, sequencer, contentLength } = event.data;

  const keys = photoJobKeys(name);
  const row = await jobs.read(keys.partitionKey, keys.rowKey);
  const job = { ...keys, photo: name, eTag, sequencer, bytes: contentLength, status: 'queued' };
  if (row && String(row.sequencer ?? '') > sequencer) {
    log.info(`A later version of ${name} is known already; this event is let go.`);
    return done;
  }
  if (row?.eTag === eTag && row.status !== 'queued') return done;
  if (row?.eTag !== eTag) {
    const queued = { ...job, queuedAt: new Date(now()).toISOString() };
    const { outcome } = row ? await jobs.replace(queued, row.etag) : await jobs.insert(queued);
    if (outcome === 'changed' || outcome === 'exists') return retryLater(`The job of ${name} changed just now.`);
  }
  // Also when the row was there: the process may have died between the row and the queue.
  const id = derivedId(MakeThumbnails.type, container, name, eTag);
  await messaging.enqueue(
    topology.thumbnailJobs,
    envelope(MakeThumbnails, { photo: { container, name, eTag } }, { id, cause: event }),
  );
  return done;
}
