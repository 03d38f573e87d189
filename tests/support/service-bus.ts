import { randomUUID } from 'node:crypto';
import { type CertificateSource, startAmqpServer } from '../../local/amqp/index.ts';
import { createAuthorizer } from '../../local/auth/index.ts';
import { type Clock, RealClock } from '../../local/clock/index.ts';
import type { Log } from '../../local/log.ts';
import { createServiceBus, type ServiceBus } from '../../local/service-bus/index.ts';
import { parseTopology, type TopologyFile } from '../../local/topology/index.ts';

export interface TestServiceBus {
  /** With the development key and `UseDevelopmentEmulator=true`. */
  readonly connectionString: string;
  /** `localhost:port`. */
  readonly host: string;
  readonly port: number;
  readonly serviceBus: ServiceBus;
  close(): Promise<void>;
}

export interface TestServiceBusOptions {
  /** The `serviceBus` part of a topology.json. */
  readonly topology?: TopologyFile['serviceBus'];
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: warnings and errors go to the console. */
  readonly log?: Log;
  readonly dataFolder?: string | null;
  readonly createMissing?: boolean;
  /** Given, the port speaks TLS too. */
  readonly tls?: CertificateSource;
}

/** Service Bus on a free port, with real SAS checks. */
export async function startTestServiceBus(options: TestServiceBusOptions = {}): Promise<TestServiceBus> {
  const clock = options.clock ?? new RealClock();
  const log: Log =
    options.log ??
    ((level, source, text) => {
      if (level === 'warning' || level === 'error') console.error(`${level} ${source}: ${text}`);
    });
  const { serviceBus: topology } = parseTopology(JSON.stringify({ serviceBus: options.topology ?? {} }));
  const serviceBus = await createServiceBus({
    clock,
    topology,
    namespaceName: 'local',
    dataFolder: options.dataFolder ?? null,
    newId: randomUUID,
    log,
    createMissing: options.createMissing,
  });
  const entityRules = (path: string) => {
    const queue = serviceBus.broker.getQueue(path);
    if (queue.ok) return queue.definition.authorizationRules;
    const topic = serviceBus.broker.getTopic(path);
    return topic.ok ? topic.definition.authorizationRules : undefined;
  };
  const authorizer = createAuthorizer({
    namespaceRules: topology.authorizationRules,
    entityRules,
    clock: new RealClock(),
    mode: 'sas',
  });
  const server = await startAmqpServer({
    port: 0,
    services: [serviceBus.amqp],
    authorizer,
    clock,
    log,
    tls: options.tls,
  });
  const host = `localhost:${server.port}`;
  return {
    connectionString: `Endpoint=sb://${host};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`,
    host,
    port: server.port,
    serviceBus,
    async close() {
      await server.close();
      await serviceBus.close();
    },
  };
}
