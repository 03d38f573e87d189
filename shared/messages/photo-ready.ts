import { z } from 'zod';
import { message } from '../topology/message.ts';

/** All thumbnails of a photo lie in the container `thumbnails`. */
export const PhotoReady = message({
  type: 'Photos.PhotoReady',
  schema: z.strictObject({
    photo: z.string().min(1),
    width: z.int().positive(),
    height: z.int().positive(),
    thumbnails: z.array(z.strictObject({ blob: z.string(), width: z.int().positive(), height: z.int().positive() })),
  }),
  example: {
    photo: 'holiday/lake.jpg',
    width: 4000,
    height: 3000,
    thumbnails: [{ blob: 'holiday/lake.jpg/160.webp', width: 160, height: 120 }],
  },
});
