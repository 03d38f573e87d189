import { z } from 'zod';
import { eventGridSchema } from './event-grid.ts';
import { eventHubsSchema } from './event-hubs.ts';
import { serviceBusSchema } from './service-bus.ts';
import { storageSchema } from './storage.ts';

/** `topology.json` as it stands in the file: ARM's names, ISO 8601 durations, everything optional but names. */
export const topologyFileSchema = z.strictObject({
  $schema: z.string().optional(),
  storage: storageSchema.optional(),
  serviceBus: serviceBusSchema.optional(),
  eventHubs: eventHubsSchema.optional(),
  eventGrid: eventGridSchema.optional(),
});

export type TopologyFile = z.output<typeof topologyFileSchema>;

/** The JSON Schema that is shipped beside this package; editors complete and check `topology.json` with it. */
export function topologyJsonSchema(): unknown {
  return {
    $id: 'topology.schema.json',
    title: 'The entities of a local cloud',
    ...z.toJSONSchema(topologyFileSchema, { io: 'input', reused: 'ref' }),
  };
}
