import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { makeThumbnails } from '../../../functions/photo-intake/thumbnails.ts';

function image(width: number, height: number) {
  return sharp({ create: { width, height, channels: 3, background: '#336699' } });
}

describe('thumbnails', () => {
  it('given a large image, then every width is made, in proportion', async () => {
    const made = await makeThumbnails(await image(2000, 1000).jpeg().toBuffer());
    const sizes = made.outcome === 'made' ? made.thumbnails.map(({ width, height }) => [width, height]) : [];
    expect(sizes).toEqual([
      [160, 80],
      [480, 240],
      [1280, 640],
    ]);
  });

  it('given a small image, then none is wider than the image, and there is one at least', async () => {
    const made = await makeThumbnails(await image(100, 50).png().toBuffer());
    expect(made).toMatchObject({ outcome: 'made', thumbnails: [{ width: 100, height: 50 }] });
  });

  it('given an image that the camera held upright, then the thumbnails stand upright', async () => {
    const made = await makeThumbnails(
      await image(400, 200).withExif({}).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    );
    expect(made).toMatchObject({ outcome: 'made', width: 200, height: 400, thumbnails: [{ width: 160, height: 320 }] });
  });
});
