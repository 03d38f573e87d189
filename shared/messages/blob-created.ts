import { z } from 'zod';
import { message } from '../topology/message.ts';

/** Storage says that a blob was created or replaced (event-schema-blob-storage). Open: Azure adds fields. */
export const BlobCreated = message({
  type: 'Microsoft.Storage.BlobCreated',
  schema: z.looseObject({
    api: z.string(),
    eTag: z.string(),
    contentType: z.string(),
    contentLength: z.number(),
    url: z.url(),
    /** Of two events about the same blob the one with the greater string is the later. */
    sequencer: z.string(),
  }),
  example: {
    api: 'PutBlob',
    eTag: '0x8DCA1B2C3D4E5F6',
    contentType: 'image/jpeg',
    contentLength: 524288,
    url: 'https://printshop.blob.core.windows.net/photos/holiday/lake.jpg',
    sequencer: '00000000000004420000000000028963',
  },
});
