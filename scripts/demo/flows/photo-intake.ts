import { readFile } from 'node:fs/promises';
import { type Flow, outcome } from '../flow.ts';

const folder = new URL('../photos/', import.meta.url);

interface Upload {
  readonly file: string;
  readonly contentType: string;
  readonly way: 'in one request' | 'in blocks' | 'as a copy';
  readonly becomes: 'ready' | 'rejected' | 'ignored';
}

const uploads: readonly Upload[] = [
  { file: 'astronaut.jpg', contentType: 'image/jpeg', way: 'in one request', becomes: 'ready' },
  { file: 'chelsea.png', contentType: 'image/png', way: 'in one request', becomes: 'ready' },
  { file: 'coffee.jpg', contentType: 'image/jpeg', way: 'in blocks', becomes: 'ready' },
  { file: 'hubble-deep-field.jpg', contentType: 'image/jpeg', way: 'in blocks', becomes: 'ready' },
  { file: 'rocket.jpg', contentType: 'image/jpeg', way: 'as a copy', becomes: 'ready' },
  { file: 'broken.jpg', contentType: 'image/jpeg', way: 'in one request', becomes: 'rejected' },
  { file: 'not-an-image.txt', contentType: 'text/plain', way: 'in one request', becomes: 'ignored' },
];

const count = (becomes: Upload['becomes']) => uploads.filter((upload) => upload.becomes === becomes).length;

export const photoIntake: Flow = {
  name: 'photo-intake',

  async feed({ blobs }) {
    const photos = blobs.getContainerClient('photos');
    const incoming = blobs.getContainerClient('incoming');
    await incoming.createIfNotExists();
    for (const { file, contentType, way } of uploads) {
      const bytes = await readFile(new URL(file, folder));
      const options = { blobHTTPHeaders: { blobContentType: contentType } };
      const blob = photos.getBlockBlobClient(file);
      if (way === 'in one request') await blob.upload(bytes, bytes.length, options);
      else if (way === 'in blocks') {
        await blob.uploadData(bytes, { ...options, blockSize: 16 * 1024, maxSingleShotSize: 1024 });
      } else {
        const original = incoming.getBlockBlobClient(file);
        await original.upload(bytes, bytes.length, options);
        const copy = await blob.beginCopyFromURL(original.url);
        await copy.pollUntilDone();
      }
    }
    return `${count('ready')} photos, ${count('rejected')} broken photo, ${count('ignored')} text file`;
  },

  async look(shop) {
    const jobs = await shop.rows('photoJobs');
    const with_ = (status: string) => jobs.filter((job) => job.status === status);
    const rejected = with_('rejected').filter((job) => job.photo === 'broken.jpg').length;
    const thumbnails = with_('ready').flatMap((job) => JSON.parse(String(job.thumbnails)) as unknown[]).length;
    const mails = shop.mailSubjects();
    return outcome(
      `${with_('ready').length} ready with ${thumbnails} thumbnails, ${rejected} rejected by way of the poison queue`,
      [
        ['photos ready', with_('ready').length, count('ready')],
        ['photos rejected', rejected, count('rejected')],
        ['jobs', jobs.length, count('ready') + count('rejected')],
        ['mails "Photo ready"', mails.filter((subject) => subject.startsWith('Photo ready')).length, count('ready')],
        [
          'mails "Photo rejected"',
          mails.filter((subject) => subject.startsWith('Photo rejected')).length,
          count('rejected'),
        ],
      ],
    );
  },
};
