import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { BlobServiceClient } from '@azure/storage-blob';
import sharp from 'sharp';
import { makeThumbnails } from '../../functions/photo-intake/thumbnails.ts';
import { compare, runInPairs } from '../support/paired-runs.ts';
import { type Row, toRow } from '../support/row.ts';
import { startShop } from './cloud.ts';

const PHOTOS = 16;
const WORKERS = 2;
let lastPhoto = 0;

/** From the upload of photos of 12 megapixels to the last thumbnail, by all stations of the flow; against two workers that only resize. */
export async function* measureThumbnails(): AsyncGenerator<Row> {
  const photo = await largePhoto();
  const shop = await startShop(['--in-memory']);
  try {
    const photos = BlobServiceClient.fromConnectionString(shop.ready.storage.connectionString).getContainerClient(
      'photos',
    );
    const upload = () =>
      photos
        .getBlockBlobClient(`photo-${lastPhoto++}.jpg`)
        .uploadData(photo, { blobHTTPHeaders: { blobContentType: 'image/jpeg' } });
    const pairs = await runInPairs(
      () =>
        rate(async () => {
          const made = shop.lines(/photo-\d+\.jpg: 3 thumbnails\./, PHOTOS);
          await eachOf(PHOTOS, upload);
          await made;
        }),
      () => rate(() => eachOf(PHOTOS, () => makeThumbnails(photo))),
    );
    yield toRow('thumbnails by the photo-intake flow: against a bare loop of two workers', '/s', compare(pairs), {
      atLeast: 0.9,
    });
  } finally {
    await shop.stop();
  }
}

/** Photos a second. */
async function rate(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return PHOTOS / ((performance.now() - started) / 1000);
}

/** Runs a task so often, two at a time. */
async function eachOf(count: number, task: () => Promise<unknown>): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await task();
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

/** One of the demo's photographs, enlarged. */
function largePhoto(): Promise<Buffer> {
  const original = readFileSync(new URL('../../scripts/demo/photos/coffee.jpg', import.meta.url));
  return sharp(original).resize(4000, 3000, { fit: 'fill' }).jpeg({ quality: 85 }).toBuffer();
}
