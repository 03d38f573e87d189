import { z } from 'zod';
import { message } from '../topology/message.ts';

/** No thumbnails can be made of this photo: it is not an image, it is damaged, or every attempt failed. */
export const PhotoRejected = message({
  type: 'Photos.PhotoRejected',
  schema: z.strictObject({ photo: z.string().min(1), reason: z.string().min(1) }),
  example: { photo: 'holiday/lake.jpg', reason: 'The file is not an image that can be read.' },
});
