import type { BlobClient } from '@azure/storage-blob';
import { blobContent, blobReference } from '../../bindings/inputs.ts';
import { parseBlobPath } from '../../engine/binding-expression.ts';
import type { InvocationOutcome } from '../../invoker.ts';
import { connectionName } from '../../settings.ts';
import type { TriggerContext } from '../trigger.ts';

/**
 * Runs the function on one blob: content, `{name}`-like parts of its path, properties and metadata.
 *
 * @returns `gone` when the blob is not there any more, which leaves nothing to do
 */
export async function runOnBlob(
  context: TriggerContext,
  containerName: string,
  blobName: string,
): Promise<InvocationOutcome['kind'] | 'gone'> {
  const { info, clients, invoker } = context;
  const parts = parseBlobPath(context.option('path')).match(containerName, blobName);
  if (!parts) return 'gone';
  const connection = context.optionalOption('connection') ?? connectionName(undefined, 'storage');
  const blob = (await clients.blobs(connection)).getContainerClient(containerName).getBlobClient(blobName);
  const isReference = info.trigger.properties?.supportsDeferredBinding === 'true';
  const found = await read(blob, isReference);
  if (!found) return 'gone';
  const path = `${containerName}/${blobName}`;
  const outcome = await invoker.invoke({
    function: info,
    reason: `New blob detected: ${path}`,
    data: isReference
      ? blobReference(connection, containerName, blobName)
      : blobContent(found.content, info.trigger.dataType),
    triggerMetadata: {
      ...parts,
      BlobTrigger: path,
      Uri: blob.url,
      Properties: found.properties,
      Metadata: found.metadata,
    },
  });
  return outcome.kind;
}

async function read(blob: BlobClient, isReference: boolean) {
  try {
    const { metadata, ...answer } = await blob.getProperties();
    const content = isReference || answer.contentLength === 0 ? Buffer.alloc(0) : await blob.downloadToBuffer();
    const properties = {
      CacheControl: answer.cacheControl,
      ContentDisposition: answer.contentDisposition,
      ContentEncoding: answer.contentEncoding,
      ContentLanguage: answer.contentLanguage,
      Length: answer.contentLength,
      ContentType: answer.contentType,
      ETag: answer.etag,
      CreatedOn: answer.createdOn?.toISOString(),
      LastModified: answer.lastModified?.toISOString(),
      BlobType: answer.blobType,
    };
    return { content, properties, metadata: metadata ?? {} };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}
