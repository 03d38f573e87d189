import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type AmqpServer, type AmqpService, startAmqpServer } from './amqp/index.ts';
import { createAuthorizer, type DevelopmentCertificate, developmentCertificate } from './auth/index.ts';
import { type Clock, RealClock, VirtualClock } from './clock/index.ts';
import { allOrFirstError, type Closing } from './closing.ts';
import { createEventHubs, type EventHubs } from './event-hubs/index.ts';
import type { Log } from './log.ts';
import type { Ports } from './ports.ts';
import { createServiceBus, type ServiceBus } from './service-bus/index.ts';
import { type Management, startManagement } from './service-bus/protocol/http/index.ts';
import type { AuthorizationRule, Topology } from './topology/types.ts';

export interface BrokersOptions {
  readonly ports: Ports;
  readonly authentication: 'sas' | 'none';
  readonly topology: Topology;
  readonly createMissing: boolean;
  readonly dataFolder: string | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the whole cloud, for `/health`. */
  readonly isReady: () => boolean;
  readonly closing: Closing;
}

export interface Brokers {
  readonly serviceBus: ServiceBus;
  readonly eventHubs: EventHubs;
  /** The same server for both where they share a port. */
  readonly serviceBusServer: AmqpServer;
  readonly eventHubsServer: AmqpServer;
  readonly management: Management;
  /** For clients of the HTTPS port to trust; absent without that port, or in memory. */
  /** What AMQPS and HTTPS show; made when it is first asked for, or, with a data folder, at the start. */
  readonly certificate: () => Promise<DevelopmentCertificate>;
  readonly certificateFile: string | undefined;
}

/** In Azure the host's name; a local namespace has none of its own. */
const NAMESPACE_NAME = 'localhost';

/** Service Bus, Event Hubs, their AMQP servers and the management interface. */
export async function startBrokers(options: BrokersOptions): Promise<Brokers> {
  const { ports, topology, createMissing, dataFolder, clock, log, closing } = options;
  const common = { clock, namespaceName: NAMESPACE_NAME, dataFolder, newId: randomUUID, log, createMissing };
  const [serviceBus, eventHubs] = await allOrFirstError([
    closing.track('brokers', createServiceBus({ ...common, topology: topology.serviceBus })),
    closing.track('brokers', createEventHubs({ ...common, topology: topology.eventHubs })),
  ]);

  const certificateFolder = dataFolder === null ? null : join(dataFolder, 'certificate');
  let made: Promise<DevelopmentCertificate> | undefined;
  const certificate = () => {
    made ??= developmentCertificate({ folder: certificateFolder });
    return made;
  };
  // In a folder it is there when the cloud is ready, for clients to trust; in memory it is made for the first that wants TLS.
  const certificateFile = certificateFolder === null ? undefined : certificate().then(({ certFile }) => certFile);
  certificateFile?.catch(() => {}); // Awaited below.

  const authorizerOf = (namespaceRules: readonly AuthorizationRule[]) =>
    createAuthorizer({
      namespaceRules,
      entityRules: (path) => entityRules(serviceBus, path),
      // Clients stamp their tokens with real time, whatever time the brokers live in.
      clock: new RealClock(),
      mode: options.authentication,
    });
  const rules = {
    serviceBus: topology.serviceBus.authorizationRules,
    eventHubs: topology.eventHubs.authorizationRules,
  };
  const authorizer = authorizerOf(rules.serviceBus);
  const listen = (port: number, services: readonly AmqpService[], namespaceRules: readonly AuthorizationRule[]) =>
    closing.track(
      'servers',
      startAmqpServer({ port, services, authorizer: authorizerOf(namespaceRules), clock, log, tls: certificate }),
    );

  async function listenApart() {
    const [serviceBusServer, eventHubsServer] = await allOrFirstError([
      listen(ports.serviceBus, [serviceBus.amqp], rules.serviceBus),
      listen(ports.eventHubs, [eventHubs.amqp], rules.eventHubs),
    ]);
    return { serviceBusServer, eventHubsServer };
  }

  /** What neither has goes to the last, which refuses it (or, with `createMissing`, makes it). */
  async function listenTogether() {
    const services = [eventHubs.amqp, serviceBus.amqp];
    const server = await listen(ports.serviceBus, services, [...rules.serviceBus, ...rules.eventHubs]);
    return { serviceBusServer: server, eventHubsServer: server };
  }

  const isShared = ports.serviceBus === ports.eventHubs && ports.serviceBus !== 0;
  const servers = await (isShared ? listenTogether() : listenApart());
  const management = await closing.track(
    'servers',
    startManagement({
      port: ports.management,
      certificate,
      broker: serviceBus.broker,
      authorizer,
      clock,
      virtualClock: clock instanceof VirtualClock ? clock : undefined,
      log,
      faults: serviceBus.faults,
      amqpServers: { serviceBus: servers.serviceBusServer, eventHubs: servers.eventHubsServer },
      health: options.isReady,
    }),
  );
  return { serviceBus, eventHubs, ...servers, management, certificate, certificateFile: await certificateFile };
}

function entityRules({ broker }: ServiceBus, path: string): readonly AuthorizationRule[] | undefined {
  const queue = broker.getQueue(path);
  if (queue.ok) return queue.definition.authorizationRules;
  const topic = broker.getTopic(path);
  return topic.ok ? topic.definition.authorizationRules : undefined;
}
