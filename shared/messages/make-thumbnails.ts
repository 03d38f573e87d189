import { z } from 'zod';
import { message } from '../topology/message.ts';
import { BlobReference } from './blob-reference.ts';

/** Make the thumbnails of one photo. A claim check: it carries where the photo is, never the photo. */
export const MakeThumbnails = message({
  type: 'MakeThumbnails',
  schema: z.strictObject({ photo: BlobReference }),
  example: { photo: { container: 'photos', name: 'holiday/lake.jpg', eTag: '0x8DCA1B2C3D4E5F6' } },
});
