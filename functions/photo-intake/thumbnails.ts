/** The widths that the shop's pages use, in pixels. */
export const thumbnailWidths = [160, 480, 1280] as const;

export interface Thumbnail {
  readonly width: number;
  readonly height: number;
  readonly bytes: Buffer;
}

export type Thumbnails =
  | { readonly outcome: 'made'; readonly width: number; readonly height: number; readonly thumbnails: Thumbnail[] }
  | { readonly outcome: 'unreadable'; readonly problem: string };

/**
 * Thumbnails of an image, upright (EXIF) and as WebP; never wider than the image itself. `unreadable` when the bytes are no
 * image, or a damaged one. sharp is loaded here, so that only this function's first call pays for its native library.
 */
export async function makeThumbnails(image: Buffer): Promise<Thumbnails> {
  const { default: sharp } = await import('sharp');
  try {
    const upright = sharp(image, { failOn: 'error' }).autoOrient();
    const { autoOrient } = await sharp(image).metadata();
    // One size after the other: sharp uses a thread a core by itself, and memory is what a small instance lacks.
    const thumbnails: Thumbnail[] = [];
    for (const width of thumbnailWidths) {
      if (width > autoOrient.width && thumbnails.length > 0) break;
      const resized = upright.clone().resize({ width, withoutEnlargement: true }).webp({ quality: 80 });
      const { data, info } = await resized.toBuffer({ resolveWithObject: true });
      thumbnails.push({ width: info.width, height: info.height, bytes: data });
    }
    return { outcome: 'made', width: autoOrient.width, height: autoOrient.height, thumbnails };
  } catch (error) {
    // sharp throws plain errors with libvips' words; with bytes in memory the input is all that can be wrong.
    return { outcome: 'unreadable', problem: error instanceof Error ? error.message.trim() : String(error) };
  }
}
