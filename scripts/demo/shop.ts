import { TableClient } from '@azure/data-tables';
import { EventHubProducerClient } from '@azure/event-hubs';
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient } from '@azure/storage-blob';
import type { LocalCloud } from 'crossover-local';

/** The running print shop as a stranger's script sees it: the official SDKs and the ready file's connection strings. */
export interface Shop {
  readonly cloud: LocalCloud;
  readonly url: string;
  readonly serviceBus: ServiceBusClient;
  readonly telemetry: EventHubProducerClient;
  readonly operations: EventGridPublisherClient<'CloudEvent'>;
  readonly blobs: BlobServiceClient;
  /** Every row of a table; none while the table is not there. */
  rows(table: string): Promise<Record<string, unknown>[]>;
  /** Subjects of the mails that the app has sent so far. */
  mailSubjects(): string[];
  close(): Promise<void>;
}

export function openShop(cloud: LocalCloud): Shop {
  const { storage, serviceBus, eventHubs, eventGrid, functions } = cloud.ready;
  const topic = eventGrid.topics.operations;
  if (!functions || !topic) throw new Error('The demo needs the app and its topic `operations`.');
  const serviceBusClient = new ServiceBusClient(serviceBus.connectionString);
  const producer = new EventHubProducerClient(eventHubs.connectionString, 'telemetry');
  const tables = new Map<string, TableClient>();
  return {
    cloud,
    url: functions.url,
    serviceBus: serviceBusClient,
    telemetry: producer,
    operations: new EventGridPublisherClient(topic.endpoint, 'CloudEvent', new AzureKeyCredential(topic.key), {
      allowInsecureConnection: true,
    }),
    blobs: BlobServiceClient.fromConnectionString(storage.connectionString),
    async rows(table) {
      const client =
        tables.get(table) ??
        TableClient.fromConnectionString(storage.connectionString, table, { allowInsecureConnection: true });
      tables.set(table, client);
      const rows: Record<string, unknown>[] = [];
      for await (const row of client.listEntities<Record<string, unknown>>()) rows.push(row);
      return rows;
    },
    mailSubjects: () => cloud.mail.mails.map(({ subject }) => subject),
    async close() {
      await Promise.all([serviceBusClient.close(), producer.close()]);
    },
  };
}
