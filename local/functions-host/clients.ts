import type { TableClient } from '@azure/data-tables';
import type { CheckpointStore, EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import type { ServiceBusClient, ServiceBusSender } from '@azure/service-bus';
import type { BlobServiceClient } from '@azure/storage-blob';
import type { QueueServiceClient } from '@azure/storage-queue';
import { credentialOf, findConnection, sectionValue } from './connection.ts';
import { loadSdk } from './sdks.ts';
import { within } from './triggers/trigger.ts';

/**
 * A client answers in milliseconds; but @azure/service-bus 7.9.5, when a receive is aborted while the connection opens, forgets
 * that it is open and would wait a minute for that. Then it is left to itself.
 */
const closeWithinMs = 300;

/**
 * SDK clients, one a connection, made when first asked for: an SDK that no trigger needs is never loaded
 * (six of them take more than a second).
 */
export class Clients {
  private readonly settings: () => Readonly<Record<string, string>>;
  private readonly appFolder: string;
  private readonly made = new Map<string, Promise<unknown>>();
  private readonly closers: (() => Promise<unknown>)[] = [];

  constructor(appFolder: string, settings: () => Readonly<Record<string, string>>) {
    this.appFolder = appFolder;
    this.settings = settings;
  }

  serviceBus(connection: string): Promise<ServiceBusClient> {
    return this.once(`serviceBus ${connection}`, async () => {
      const client = await this.newServiceBus(connection);
      this.closers.push(() => client.close());
      return client;
    });
  }

  /** A new client each time: its owner closes it. */
  async newServiceBus(connection: string): Promise<ServiceBusClient> {
    const sdk = await loadSdk('@azure/service-bus');
    const found = findConnection(connection, this.settings());
    if (found.kind === 'string') return new sdk.ServiceBusClient(withoutEntityPath(found.connectionString));
    const namespace = sectionValue(connection, found.section, 'fullyQualifiedNamespace');
    return new sdk.ServiceBusClient(namespace, await credentialOf(found.section, this.appFolder));
  }

  serviceBusSender(connection: string, entity: string): Promise<ServiceBusSender> {
    return this.once(`sender ${connection} ${entity}`, async () =>
      (await this.serviceBus(connection)).createSender(entity),
    );
  }

  eventHubProducer(connection: string, hub: string): Promise<EventHubProducerClient> {
    return this.once(`producer ${connection} ${hub}`, async () => {
      const sdk = await loadSdk('@azure/event-hubs');
      const found = findConnection(connection, this.settings());
      const client =
        found.kind === 'string'
          ? new sdk.EventHubProducerClient(withoutEntityPath(found.connectionString), hub)
          : new sdk.EventHubProducerClient(
              sectionValue(connection, found.section, 'fullyQualifiedNamespace'),
              hub,
              await credentialOf(found.section, this.appFolder),
            );
      this.closers.push(() => client.close());
      return client;
    });
  }

  /** A new client each time: its owner closes it. */
  async eventHubConsumer(
    connection: string,
    hub: string,
    group: string,
    store: CheckpointStore,
    loadBalancing: { updateIntervalInMs: number; partitionOwnershipExpirationIntervalInMs: number },
  ): Promise<EventHubConsumerClient> {
    const sdk = await loadSdk('@azure/event-hubs');
    const found = findConnection(connection, this.settings());
    const options = { loadBalancingOptions: { strategy: 'greedy' as const, ...loadBalancing } };
    if (found.kind === 'string') {
      const connectionString = withoutEntityPath(found.connectionString);
      return new sdk.EventHubConsumerClient(group, connectionString, hub, store, options);
    }
    const namespace = sectionValue(connection, found.section, 'fullyQualifiedNamespace');
    const credential = await credentialOf(found.section, this.appFolder);
    return new sdk.EventHubConsumerClient(group, namespace, hub, credential, store, options);
  }

  queues(connection: string): Promise<QueueServiceClient> {
    return this.once(`queues ${connection}`, async () => {
      const sdk = await loadSdk('@azure/storage-queue');
      const found = findConnection(connection, this.settings());
      if (found.kind === 'string') return sdk.QueueServiceClient.fromConnectionString(found.connectionString);
      const url = serviceUri(connection, found.section, 'queue');
      return new sdk.QueueServiceClient(url, await credentialOf(found.section, this.appFolder));
    });
  }

  blobs(connection: string): Promise<BlobServiceClient> {
    return this.once(`blobs ${connection}`, async () => {
      const sdk = await loadSdk('@azure/storage-blob');
      const found = findConnection(connection, this.settings());
      if (found.kind === 'string') return sdk.BlobServiceClient.fromConnectionString(found.connectionString);
      const url = serviceUri(connection, found.section, 'blob');
      return new sdk.BlobServiceClient(url, await credentialOf(found.section, this.appFolder));
    });
  }

  table(connection: string, table: string): Promise<TableClient> {
    return this.once(`table ${connection} ${table}`, async () => {
      const sdk = await loadSdk('@azure/data-tables');
      const found = findConnection(connection, this.settings());
      const options = { allowInsecureConnection: true };
      if (found.kind === 'string') return sdk.TableClient.fromConnectionString(found.connectionString, table, options);
      const url = serviceUri(connection, found.section, 'table');
      return new sdk.TableClient(url, table, await credentialOf(found.section, this.appFolder), options);
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.made.values());
    await Promise.all(this.closers.map((close) => within(close(), closeWithinMs)));
  }

  private once<Client>(key: string, make: () => Promise<Client>): Promise<Client> {
    const known = this.made.get(key);
    if (known) return known as Promise<Client>;
    const made = make();
    this.made.set(key, made);
    // A connection that could not be had may be there next time.
    made.catch(() => this.made.delete(key));
    return made;
  }
}

function serviceUri(connection: string, section: Readonly<Record<string, string>>, service: string): string {
  if (section.accountName) return `https://${section.accountName}.${service}.core.windows.net`;
  return sectionValue(connection, section, `${service}ServiceUri`, 'serviceUri');
}

/** The binding names the entity; a path in the string would make the SDK refuse every other. */
function withoutEntityPath(connectionString: string): string {
  return connectionString.replace(/;?EntityPath=[^;]*/i, '');
}
