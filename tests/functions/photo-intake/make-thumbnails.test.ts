import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { makePhotoThumbnails } from '../../../functions/photo-intake/make-thumbnails.ts';
import { makeThumbnails } from '../../../functions/photo-intake/thumbnails.ts';
import { MakeThumbnails } from '../../../shared/messages/make-thumbnails.ts';
import type { ClaimChecks } from '../../../shared/messaging/claim-check.ts';
import { example, keptLog, now } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { recordingMessaging } from '../../support/app/recording-messaging.ts';
import { virtualOnce } from '../../support/app/virtual-once.ts';

const photo = { container: 'photos', name: 'lake.jpg', eTag: 'e1' };
const message = example(MakeThumbnails, { photo });
const job = { partitionKey: 'lake.jpg', rowKey: 'job', photo: 'lake.jpg', eTag: 'e1', status: 'queued' };

function studio(bytes: Buffer | undefined) {
  const written = new Map<string, number>();
  const claimChecks: ClaimChecks = {
    redeem: async () => (bytes ? { outcome: 'found', bytes } : { outcome: 'superseded' }),
    write: async (container, name, content) => void written.set(`${container}/${name}`, content.length),
  };
  const once = virtualOnce(memoryRows());
  const jobs = memoryRows(job);
  const deps = { once, claimChecks, make: makeThumbnails, jobs, messaging: recordingMessaging(), now, log: keptLog() };
  return { ...deps, written };
}

const photos = new URL('../../../scripts/demo/photos/', import.meta.url);
const readable = () => readFile(new URL('coffee.jpg', photos));
const broken = () => readFile(new URL('broken.jpg', photos));

describe('make-thumbnails', () => {
  it('given a photo, then its thumbnails lie beside it, the job is ready, and an event says so', async () => {
    const deps = studio(await readable());
    expect(await makePhotoThumbnails(message, deps)).toEqual({ outcome: 'done' });
    expect([...deps.written.keys()]).toContain('thumbnails/lake.jpg/160.webp');
    expect(deps.jobs.all()).toMatchObject([{ status: 'ready' }]);
    expect(deps.messaging.sent).toMatchObject([
      { to: 'operations', with: 'photos/lake.jpg', message: { type: 'Photos.PhotoReady', causationId: 'message-1' } },
    ]);
  });

  it('given the message again, then nothing is made or said twice', async () => {
    const deps = studio(await readable());
    await makePhotoThumbnails(message, deps);
    await makePhotoThumbnails(message, deps);
    expect(deps.messaging.sent).toHaveLength(1);
  });

  it('given a damaged photo, then it is a dead letter, and so it is when it comes again', async () => {
    const deps = studio(await broken());
    expect(await makePhotoThumbnails(message, deps)).toMatchObject({
      outcome: 'dead-letter',
      reason: 'UnreadableImage',
    });
    expect(await makePhotoThumbnails(message, deps)).toMatchObject({ outcome: 'dead-letter' });
    expect(deps.messaging.sent).toEqual([]);
  });

  it('given a file that is no image, then it is a dead letter', async () => {
    expect((await makePhotoThumbnails(message, studio(Buffer.from('a letter')))).outcome).toBe('dead-letter');
  });

  it('given a photo that was replaced or deleted, then there is nothing to do', async () => {
    const deps = studio(undefined);
    expect(await makePhotoThumbnails(message, deps)).toEqual({ outcome: 'done' });
    expect(deps.messaging.sent).toEqual([]);
  });

  it('given a publication that fails, when the message comes again, then the same event is published', async () => {
    const deps = studio(await readable());
    deps.messaging.failNext(new Error('Event Grid away'));
    await expect(makePhotoThumbnails(message, deps)).rejects.toThrow('Event Grid away');
    expect(await makePhotoThumbnails(message, deps)).toEqual({ outcome: 'done' });
    expect(deps.messaging.sent).toHaveLength(1);
  });

  it('given a job whose photo was uploaded again meanwhile, then the row of the newer one stays', async () => {
    const deps = studio(await readable());
    await deps.jobs.put({ ...job, eTag: 'e2' });
    await makePhotoThumbnails(message, deps);
    expect(deps.jobs.all()).toMatchObject([{ eTag: 'e2', status: 'queued' }]);
  });
});
