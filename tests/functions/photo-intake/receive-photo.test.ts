import { describe, expect, it } from 'vitest';
import { receivePhoto } from '../../../functions/photo-intake/receive-photo.ts';
import { BlobCreated } from '../../../shared/messages/blob-created.ts';
import { example, keptLog, now } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { recordingMessaging } from '../../support/app/recording-messaging.ts';

function uploaded(data: { eTag?: string; sequencer?: string } = {}, name = 'holiday/lake.jpg') {
  const subject = `/blobServices/default/containers/photos/blobs/${name}`;
  return { ...example(BlobCreated, { eTag: 'e1', sequencer: '01', ...data }), subject };
}
function intake() {
  return { jobs: memoryRows(), messaging: recordingMessaging(), now, log: keptLog() };
}

describe('receive-photo', () => {
  it('given a photo, then its job is noted and a claim check is queued', async () => {
    const deps = intake();
    expect(await receivePhoto(uploaded(), deps)).toEqual({ outcome: 'done' });
    expect(deps.jobs.all()).toMatchObject([{ photo: 'holiday/lake.jpg', status: 'queued', eTag: 'e1' }]);
    expect(deps.messaging.sent).toMatchObject([
      {
        to: 'thumbnail-jobs',
        message: { data: { photo: { container: 'photos', name: 'holiday/lake.jpg', eTag: 'e1' } } },
      },
    ]);
  });

  it('given the same event again, then the job that is queued has the same id', async () => {
    const deps = intake();
    await receivePhoto(uploaded(), deps);
    await receivePhoto(uploaded(), deps);
    const ids = deps.messaging.sent.map(({ message }) => message.id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('given a job that is finished, when its event comes late, then nothing is queued', async () => {
    const deps = intake();
    await receivePhoto(uploaded(), deps);
    const [row] = deps.jobs.all();
    await deps.jobs.put({ ...row!, status: 'ready' });
    await receivePhoto(uploaded(), deps);
    expect(deps.messaging.sent).toHaveLength(1);
  });

  it('given a photo that was uploaded again, then it is a new job', async () => {
    const deps = intake();
    await receivePhoto(uploaded(), deps);
    await receivePhoto(uploaded({ eTag: 'e2', sequencer: '02' }), deps);
    expect(deps.jobs.all()).toMatchObject([{ eTag: 'e2', status: 'queued' }]);
    expect(new Set(deps.messaging.sent.map(({ message }) => message.id)).size).toBe(2);
  });

  it('given the events of two uploads in the wrong order, then the older one is let go', async () => {
    const deps = intake();
    await receivePhoto(uploaded({ eTag: 'e2', sequencer: '02' }), deps);
    await receivePhoto(uploaded(), deps);
    expect(deps.jobs.all()).toMatchObject([{ eTag: 'e2' }]);
    expect(deps.messaging.sent).toHaveLength(1);
  });

  it('given a queue that is away, when the event comes again, then the job is queued after all', async () => {
    const deps = intake();
    deps.messaging.failNext(new Error('queue away'));
    await expect(receivePhoto(uploaded(), deps)).rejects.toThrow('queue away');
    await receivePhoto(uploaded(), deps);
    expect(deps.messaging.sent).toHaveLength(1);
  });

  it('given a subject that names no blob, then trying again cannot help', async () => {
    const outcome = await receivePhoto({ ...uploaded(), subject: '/somewhere' }, intake());
    expect(outcome).toMatchObject({ outcome: 'dead-letter', reason: 'UnknownSubject' });
  });
});
