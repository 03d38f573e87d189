import { isBinary } from '../engine/typed-data.ts';
import type { Binding, TypedData } from '../rpc.ts';
import { FunctionsHostError } from '../types.ts';
import type { BindingServices } from './bindings.ts';
import { required } from './outputs.ts';

export type ReadInput = (
  services: BindingServices,
  binding: Binding,
  resolve: (text: string) => string,
) => Promise<TypedData | undefined>;

/** Every input binding there is here. */
export const inputBindings: Readonly<Record<string, ReadInput>> = { blob: readBlob, table: readTable };

async function readBlob(
  services: BindingServices,
  binding: Binding,
  resolve: (text: string) => string,
): Promise<TypedData | undefined> {
  const path = resolve(required(binding, 'path')).replace(/^\/+/, '');
  const [, containerName, blobName] = /^([^/]+)(?:\/(.*))?$/s.exec(path) ?? [];
  const connection = services.connection(binding, 'storage');
  // A client of the SDK may be of a whole container.
  if (binding.properties?.supportsDeferredBinding === 'true' && containerName !== undefined)
    return blobReference(connection, containerName, blobName ?? '');
  if (containerName === undefined || !blobName)
    throw new FunctionsHostError(`The path "${path}" of a blob input names no blob: container/name.`);
  const client = await services.clients.blobs(connection);
  try {
    const bytes = await client.getContainerClient(containerName).getBlobClient(blobName).downloadToBuffer();
    return blobContent(bytes, binding.dataType);
  } catch (error) {
    // A blob that is not there is `undefined` to the function, not an error.
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** Node functions get a blob as a Buffer, unless the binding says `dataType: 'string'`. */
export function blobContent(bytes: Buffer, dataType: unknown): TypedData {
  return dataType === undefined || isBinary(dataType) ? { bytes } : { string: bytes.toString('utf8') };
}

/** `sdkBinding: true`: the app makes its own client from this (`@azure/functions-extensions-blob`). */
export function blobReference(connection: string, containerName: string, blobName: string): TypedData {
  const content = { Connection: connection, ContainerName: containerName, BlobName: blobName };
  return {
    modelBindingData: {
      version: '1.0',
      source: 'AzureStorageBlobs',
      contentType: 'application/json',
      content: Buffer.from(JSON.stringify(content)),
    },
  };
}

async function readTable(
  services: BindingServices,
  binding: Binding,
  resolve: (text: string) => string,
): Promise<TypedData | undefined> {
  const client = await services.clients.table(
    services.connection(binding, 'storage'),
    resolve(required(binding, 'tableName')),
  );
  const { partitionKey, rowKey, filter, take } = binding;
  if (typeof partitionKey === 'string' && typeof rowKey === 'string') {
    try {
      const entity = await client.getEntity(resolve(partitionKey), resolve(rowKey));
      return { json: JSON.stringify(toJsonEntity(entity)) };
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      throw error;
    }
  }
  const conditions = [
    ...(typeof partitionKey === 'string' ? [`PartitionKey eq '${resolve(partitionKey).replaceAll("'", "''")}'`] : []),
    ...(typeof filter === 'string' ? [`(${resolve(filter)})`] : []),
  ];
  const entities: object[] = [];
  const limit = typeof take === 'number' ? take : Number.POSITIVE_INFINITY;
  const query = conditions.length > 0 ? { filter: conditions.join(' and ') } : {};
  for await (const entity of client.listEntities({ queryOptions: query })) {
    if (entities.length >= limit) break;
    entities.push(toJsonEntity(entity));
  }
  return { json: JSON.stringify(entities) };
}

/**
 * The extension gives the keys as the service writes them, and neither `Timestamp` nor anything of the wire's own
 * (azure-functions-nodejs-e2e-tests, "table input and output").
 */
function toJsonEntity(entity: object): object {
  const { partitionKey, rowKey, etag: _etag, timestamp: _timestamp, ...properties } = entity as Record<string, unknown>;
  const plain = Object.entries(properties)
    .filter(([name]) => !name.startsWith('odata.'))
    .map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]);
  return { PartitionKey: partitionKey, RowKey: rowKey, ...Object.fromEntries(plain) };
}
