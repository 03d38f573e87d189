import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningShop, startShop } from '../support/app/running-shop.ts';

let shop: RunningShop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop?.close());

const sample = (name: string) => readFileSync(new URL(`../../scripts/demo/photos/${name}`, import.meta.url));

async function upload(name: string, bytes: Buffer, blobContentType: string): Promise<void> {
  const blob = shop.container('photos').getBlockBlobClient(name);
  await blob.uploadData(bytes, { blobHTTPHeaders: { blobContentType } });
}

function job(photo: string, status: string) {
  return shop.until(async () =>
    (await shop.rows('photoJobs')).find((row) => row.photo === photo && row.status === status),
  );
}

function mail(subject: string) {
  return shop.until(() => shop.cloud.mail.mails.find((one) => one.subject === subject));
}

describe('photo intake', () => {
  it('given photographs, then their thumbnails can be looked at, and a mail says that they are ready', async () => {
    await Promise.all([
      upload('holiday/coffee cup.jpg', sample('coffee.jpg'), 'image/jpeg'),
      upload('chelsea.png', sample('chelsea.png'), 'image/png'),
    ]);
    await job('holiday/coffee cup.jpg', 'ready');
    await job('chelsea.png', 'ready');
    const thumbnail = shop.container('thumbnails').getBlobClient('holiday/coffee cup.jpg/160.webp');
    const { format, width } = await sharp(await thumbnail.downloadToBuffer()).metadata();
    expect([format, width]).toEqual(['webp', 160]);
    await mail('Photo ready: holiday/coffee cup.jpg');
    await mail('Photo ready: chelsea.png');
  });

  it('given a damaged photograph, and a letter that calls itself one, then both are rejected by way of the poison queue', async () => {
    await Promise.all([
      upload('broken.jpg', sample('broken.jpg'), 'image/jpeg'),
      upload('letter.jpg', sample('not-an-image.txt'), 'image/jpeg'),
    ]);
    expect(await job('broken.jpg', 'rejected')).toMatchObject({ reason: expect.stringContaining('damaged') });
    await job('letter.jpg', 'rejected');
    await mail('Photo rejected: broken.jpg');
    await mail('Photo rejected: letter.jpg');
    expect(shop.log.join('\n')).toContain('The message goes to thumbnail-jobs-poison.');
  });

  it('given a letter that does not call itself an image, then Event Grid lets no function know', async () => {
    await upload('letter.txt', sample('not-an-image.txt'), 'text/plain');
    await upload('last.png', sample('chelsea.png'), 'image/png');
    await job('last.png', 'ready');
    expect((await shop.rows('photoJobs')).map(({ photo }) => photo)).not.toContain('letter.txt');
  });

  it('given a photo that is replaced, then the thumbnails are those of the new one', async () => {
    const picture = (width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background: '#993300' } })
        .png()
        .toBuffer();
    await upload('replaced.png', await picture(400, 200), 'image/png');
    await upload('replaced.png', await picture(200, 400), 'image/png');
    const eTag = (await shop.container('photos').getBlobClient('replaced.png').getProperties()).etag?.replaceAll(
      '"',
      '',
    );
    await shop.until(async () =>
      (await shop.rows('photoJobs')).find((row) => row.eTag === eTag && row.status === 'ready'),
    );
    const thumbnail = shop.container('thumbnails').getBlobClient('replaced.png/160.webp');
    expect(await sharp(await thumbnail.downloadToBuffer()).metadata()).toMatchObject({ width: 160, height: 320 });
  });
});
