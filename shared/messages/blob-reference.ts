import { z } from 'zod';

/** A claim check: a blob, in the version that the sender saw. */
export const BlobReference = z.strictObject({
  container: z.string().min(1),
  name: z.string().min(1),
  eTag: z.string().min(1),
});

export type BlobReference = z.infer<typeof BlobReference>;
