import { describe, expect, it } from 'vitest';
import { rejectPhoto } from '../../../functions/photo-intake/reject-photo.ts';
import { MakeThumbnails } from '../../../shared/messages/make-thumbnails.ts';
import { example, keptLog, now } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { recordingMessaging } from '../../support/app/recording-messaging.ts';

const message = example(MakeThumbnails, { photo: { container: 'photos', name: 'lake.jpg', eTag: 'e1' } });
const job = { partitionKey: 'lake.jpg', rowKey: 'job', photo: 'lake.jpg', eTag: 'e1', status: 'queued' };

describe('reject-photo', () => {
  it('given a job in the poison queue, then the job is rejected and an event says so', async () => {
    const deps = { jobs: memoryRows(job), messaging: recordingMessaging(), now, log: keptLog() };
    expect(await rejectPhoto(message, deps)).toEqual({ outcome: 'done' });
    expect(deps.jobs.all()).toMatchObject([{ status: 'rejected' }]);
    expect(deps.messaging.sent).toMatchObject([
      { message: { type: 'Photos.PhotoRejected', data: { photo: 'lake.jpg' } } },
    ]);
  });

  it('given a row that changes meanwhile, then it is written all the same', async () => {
    const deps = { jobs: memoryRows(job), messaging: recordingMessaging(), now, log: keptLog() };
    deps.jobs.interruptNext('replace', () => deps.jobs.put({ ...job, bytes: 7 }));
    await rejectPhoto(message, deps);
    expect(deps.jobs.all()).toMatchObject([{ status: 'rejected', bytes: 7 }]);
  });
});
