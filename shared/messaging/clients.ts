import type { TableClient } from '@azure/data-tables';
import type { EventHubProducerClient } from '@azure/event-hubs';
import type { EventGridPublisherClient } from '@azure/eventgrid';
import type { TokenCredential } from '@azure/identity';
import type { ServiceBusClient } from '@azure/service-bus';
import type { ContainerClient } from '@azure/storage-blob';
import type { QueueClient } from '@azure/storage-queue';
import type { Settings } from '../settings.ts';

/**
 * The SDK clients, each made when it is first asked for and then kept: a client per invocation would open a connection per
 * invocation. The SDKs themselves are loaded then, too, so that a cold start pays only for what its function uses.
 */
export interface Clients {
  serviceBus(): Promise<ServiceBusClient>;
  /**
   * A connection of its own for draining: its operation timeout is how long `acceptNextSession` waits for a session, and
   * it does not retry, for "no session" is the expected end.
   */
  drain(): Promise<ServiceBusClient>;
  eventGrid(): Promise<EventGridPublisherClient<'CloudEvent'>>;
  eventHub(name: string): Promise<EventHubProducerClient>;
  container(name: string): Promise<ContainerClient>;
  queue(name: string): Promise<QueueClient>;
  table(name: string): Promise<TableClient>;
  /** Closes what holds a connection. */
  close(): Promise<void>;
}

const acceptSessionWaitMs = 3_000;

export function createClients(settings: Settings): Clients {
  const kept = new Map<string, Promise<unknown>>();
  /** A client that could not be made is not kept, so that the next invocation tries again. */
  const keep = <T>(name: string, make: () => Promise<T>): Promise<T> => {
    const known = kept.get(name) as Promise<T> | undefined;
    if (known) return known;
    const made = make();
    kept.set(name, made);
    made.catch(() => kept.delete(name));
    return made;
  };
  const closing: (() => Promise<void>)[] = [];
  const { storage, operationsTopic } = settings;

  const serviceBus = (name: string, retryOptions?: { timeoutInMs: number; maxRetries: number }) =>
    keep(name, async () => {
      const { ServiceBusClient } = await import('@azure/service-bus');
      const where = settings.serviceBus;
      const options = retryOptions && { retryOptions };
      const client =
        'connectionString' in where
          ? new ServiceBusClient(where.connectionString, options)
          : new ServiceBusClient(where.fullyQualifiedNamespace, await credential(where.clientId), options);
      closing.push(() => client.close());
      return client;
    });

  return {
    serviceBus: () => serviceBus('service-bus'),
    drain: () => serviceBus('service-bus drain', { timeoutInMs: acceptSessionWaitMs, maxRetries: 0 }),
    eventGrid: () =>
      keep('event-grid', async () => {
        const { AzureKeyCredential, EventGridPublisherClient } = await import('@azure/eventgrid');
        const { endpoint, key, clientId } = operationsTopic;
        // Plain HTTP only where there is a key, which is only on a developer's machine.
        return key === undefined
          ? new EventGridPublisherClient(endpoint, 'CloudEvent', await credential(clientId))
          : new EventGridPublisherClient(endpoint, 'CloudEvent', new AzureKeyCredential(key), {
              allowInsecureConnection: true,
            });
      }),
    eventHub: (name) =>
      keep(`event-hub ${name}`, async () => {
        const { EventHubProducerClient } = await import('@azure/event-hubs');
        const where = settings.eventHubs;
        const client =
          'connectionString' in where
            ? new EventHubProducerClient(where.connectionString, name)
            : new EventHubProducerClient(where.fullyQualifiedNamespace, name, await credential(where.clientId));
        closing.push(() => client.close());
        return client;
      }),
    container: (name) =>
      keep(`container ${name}`, async () => {
        const { BlobServiceClient } = await import('@azure/storage-blob');
        const service =
          'connectionString' in storage
            ? BlobServiceClient.fromConnectionString(storage.connectionString)
            : new BlobServiceClient(storage.blobServiceUri, await credential(storage.clientId));
        return service.getContainerClient(name);
      }),
    queue: (name) =>
      keep(`queue ${name}`, async () => {
        const { QueueServiceClient } = await import('@azure/storage-queue');
        const service =
          'connectionString' in storage
            ? QueueServiceClient.fromConnectionString(storage.connectionString)
            : new QueueServiceClient(storage.queueServiceUri, await credential(storage.clientId));
        return service.getQueueClient(name);
      }),
    table: (name) =>
      keep(`table ${name}`, async () => {
        const { TableClient } = await import('@azure/data-tables');
        return 'connectionString' in storage
          ? TableClient.fromConnectionString(storage.connectionString, name, { allowInsecureConnection: true })
          : new TableClient(storage.tableServiceUri, name, await credential(storage.clientId));
      }),
    async close() {
      await Promise.allSettled(kept.values());
      await Promise.allSettled(closing.splice(0).map((close) => close()));
      kept.clear();
    },
  };
}

/** The app's own identity in Azure; without a client id whatever the machine has, such as a developer's sign-in. */
async function credential(clientId: string | undefined): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  return clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId });
}
