import type { ContainerClient } from '@azure/storage-blob';
import type { BlobReference } from '../messages/blob-reference.ts';

/**
 * The data behind a claim check. A message carries a reference (`BlobReference`), because queues take 64 KB and a photo is
 * megabytes, and because what is retried and dead-lettered should be small.
 */
export interface ClaimChecks {
  /**
   * The blob in the version that the reference names. `superseded`: it was replaced or deleted since; whoever did that has
   * sent, or will send, a message of their own.
   */
  redeem(reference: BlobReference): Promise<{ readonly outcome: 'found'; readonly bytes: Buffer } | Superseded>;
  /** Writes a result beside it, over whatever is there: a repeated attempt writes the same. */
  write(container: string, name: string, bytes: Uint8Array, contentType: string): Promise<void>;
}

export interface Superseded {
  readonly outcome: 'superseded';
}

export function createClaimChecks(container: (name: string) => Promise<ContainerClient>): ClaimChecks {
  return {
    async redeem(reference) {
      const blobs = await container(reference.container);
      const conditions = { ifMatch: quoted(reference.eTag) };
      try {
        const bytes = await blobs.getBlobClient(reference.name).downloadToBuffer(0, undefined, { conditions });
        return { outcome: 'found', bytes };
      } catch (error) {
        if ([404, 412].includes((error as { statusCode?: number }).statusCode ?? 0)) return { outcome: 'superseded' };
        throw error;
      }
    },
    async write(name, blob, bytes, contentType) {
      const blobs = await container(name);
      await blobs.getBlockBlobClient(blob).uploadData(bytes, { blobHTTPHeaders: { blobContentType: contentType } });
    },
  };
}

/** Events carry the ETag bare, HTTP wants it in quotes (RFC 9110 §8.8.3). */
function quoted(eTag: string): string {
  return eTag.startsWith('"') ? eTag : `"${eTag}"`;
}
