import { DEVELOPMENT_RULE } from '../auth/index.ts';
import { DEVELOPMENT_TOPIC_KEY } from '../event-grid/index.ts';
import type { CloudEndpoints } from '../functions-host/settings.ts';
import type { Ports } from '../ports.ts';
import { ACCOUNT_KEY, ACCOUNT_NAME } from '../storage/azurite.ts';
import type { Topology } from '../topology/index.ts';

/** Where a cloud on these ports would be: keys are fixed, so settings can be written before it runs. */
export function defaultEndpoints(
  ports: Ports,
  topology: Topology,
): { readonly endpoints: CloudEndpoints; readonly eventGridUrl: string } {
  const bus = (port: number) =>
    `Endpoint=sb://localhost:${port};SharedAccessKeyName=${DEVELOPMENT_RULE.name};SharedAccessKey=${DEVELOPMENT_RULE.primaryKey};UseDevelopmentEmulator=true;`;
  const account = (port: number) => `http://127.0.0.1:${port}/${ACCOUNT_NAME}`;
  const eventGridUrl = `http://127.0.0.1:${ports.eventGrid}`;
  return {
    eventGridUrl,
    endpoints: {
      storage: [
        'DefaultEndpointsProtocol=http',
        `AccountName=${ACCOUNT_NAME}`,
        `AccountKey=${ACCOUNT_KEY}`,
        `BlobEndpoint=${account(ports.blob)}`,
        `QueueEndpoint=${account(ports.queue)}`,
        `TableEndpoint=${account(ports.table)}`,
        '',
      ].join(';'),
      serviceBus: bus(ports.serviceBus),
      serviceBusAdministration: bus(ports.management),
      eventHubs: bus(ports.eventHubs),
      eventGridTopics: topology.eventGrid.topics.map(({ name }) => ({
        name,
        endpoint: `${eventGridUrl}/${name}/api/events`,
        key: DEVELOPMENT_TOPIC_KEY,
      })),
    },
  };
}
