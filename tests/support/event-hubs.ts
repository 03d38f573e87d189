import { randomUUID } from 'node:crypto';
import { startAmqpServer } from '../../local/amqp/index.ts';
import { createAuthorizer } from '../../local/auth/index.ts';
import { type Clock, RealClock } from '../../local/clock/index.ts';
import { createEventHubs, type EventHubs } from '../../local/event-hubs/index.ts';
import type { Log } from '../../local/log.ts';
import type { EventHubsTopology, HubDefinition } from '../../local/topology/types.ts';

export interface EventHubsUnderTest {
  readonly eventHubs: EventHubs;
  readonly port: number;
  /** For the SDKs; the development key, which may do everything. */
  readonly connectionString: string;
  /** What the emulator logged at warning or above. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export interface EventHubsStart {
  readonly hubs?: readonly (Partial<HubDefinition> & { readonly name: string })[];
  readonly tier?: EventHubsTopology['tier'];
  readonly authorizationRules?: EventHubsTopology['authorizationRules'];
  /** `null` (the default): in memory. */
  readonly dataFolder?: string | null;
  readonly clock?: Clock;
  readonly createMissing?: boolean;
  /** Default: any free port. */
  readonly port?: number;
}

/** Event Hubs on a free port of its own, with the hub `orders` (4 partitions, group `audit`) unless others are asked for. */
export async function startEventHubs(start: EventHubsStart = {}): Promise<EventHubsUnderTest> {
  const clock = start.clock ?? new RealClock();
  const complaints: string[] = [];
  const log: Log = (level, source, text) => {
    if (level === 'warning' || level === 'error') complaints.push(`${source}: ${text}`);
  };
  const topology: EventHubsTopology = {
    tier: start.tier ?? 'Standard',
    authorizationRules: start.authorizationRules ?? [],
    hubs: (start.hubs ?? [{ name: 'orders', consumerGroups: ['$Default', 'audit'] }]).map((hub) => ({
      partitionCount: 4,
      retentionMs: 3_600_000,
      cleanupPolicy: 'Delete',
      consumerGroups: ['$Default'],
      captureDescription: undefined,
      ...hub,
    })),
  };
  const eventHubs = await createEventHubs({
    clock,
    topology,
    namespaceName: 'localhost',
    dataFolder: start.dataFolder ?? null,
    newId: randomUUID,
    log,
    createMissing: start.createMissing,
  });
  const server = await startAmqpServer({
    port: start.port ?? 0,
    services: [eventHubs.amqp],
    authorizer: createAuthorizer({
      namespaceRules: topology.authorizationRules,
      entityRules: () => undefined,
      clock,
      mode: 'sas',
    }),
    clock,
    log,
  });
  return {
    eventHubs,
    port: server.port,
    connectionString: connectionStringFor(server.port),
    complaints,
    async close() {
      await server.close();
      await eventHubs.close();
    },
  };
}

export function connectionStringFor(
  port: number,
  key: { readonly name: string; readonly value: string } = {
    name: 'RootManageSharedAccessKey',
    value: 'SAS_KEY_VALUE',
  },
): string {
  return `Endpoint=sb://localhost:${port};SharedAccessKeyName=${key.name};SharedAccessKey=${key.value};UseDevelopmentEmulator=true;`;
}
