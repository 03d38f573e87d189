import { z } from 'zod';

/** One blob that a function is to see, as the WebJobs SDK queues it (BlobTriggerMessage). */
export const blobMessageSchema = z.object({
  Type: z.literal('BlobTrigger'),
  FunctionId: z.string(),
  BlobType: z.string(),
  ContainerName: z.string(),
  BlobName: z.string(),
  ETag: z.string(),
});
export type BlobMessage = z.output<typeof blobMessageSchema>;

/** The host's own queue of blobs; failing ones end in {@link blobPoisonQueue}. */
export const blobQueueName = (hostId: string): string =>
  `azure-webjobs-blobtrigger-${hostId}`.slice(0, 63).replace(/-+$/, '');
export const blobPoisonQueue = 'webjobs-blobtrigger-poison';

export function encodeBlobMessage(message: BlobMessage): string {
  return Buffer.from(JSON.stringify(message)).toString('base64');
}

/** @returns `undefined` for anything else that is found in the queue */
export function decodeBlobMessage(text: string): BlobMessage | undefined {
  try {
    return blobMessageSchema.safeParse(JSON.parse(Buffer.from(text, 'base64').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
