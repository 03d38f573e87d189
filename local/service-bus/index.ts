import type { AmqpService } from '../amqp/api.ts';
import type { Clock } from '../clock/index.ts';
import type { Log } from '../log.ts';
import type { ServiceBusTopology } from '../topology/types.ts';
import { createMissingEntity } from './create-missing.ts';
import { type DeliverOutcome, deliverEvent, type EventMessage } from './deliver.ts';
import type { AvailabilityEvent, Broker } from './engine/api.ts';
import { createBroker } from './engine/index.ts';
import { messageReader } from './protocol/amqp/message-reading.ts';
import { createAmqpService } from './protocol/amqp/service.ts';
import { Faults } from './protocol/faults.ts';

export type { DeliverOutcome, DeliveryFailure, EventMessage } from './deliver.ts';
export type { AvailabilityEvent, Broker } from './engine/api.ts';
export { Faults } from './protocol/faults.ts';

export interface ServiceBusOptions {
  readonly clock: Clock;
  /** What is declared: created if it is missing, updated if it differs. */
  readonly topology: ServiceBusTopology;
  readonly namespaceName: string;
  /** Where the journal is; `null`: in memory. */
  readonly dataFolder: string | null;
  /** A UUID. */
  readonly newId: () => string;
  readonly log: Log;
  /** Entities that clients ask for are created with ARM's defaults when they are not declared. Default false. */
  readonly createMissing?: boolean;
}

export interface ServiceBus {
  /** To be plugged into an AMQP server. */
  readonly amqp: AmqpService;
  /** The engine, for the management and inspection interfaces. */
  readonly broker: Broker;
  /** To be given to the inspection interface: what is set there strikes AMQP's operations. */
  readonly faults: Faults;
  /** Event Grid's way in: resolves when stored, or with why it is not. */
  deliver(entity: string, message: EventMessage): Promise<DeliverOutcome>;
  /** The four Event Grid event types of `Microsoft.ServiceBus.Namespaces`. */
  onAvailability(listener: (event: AvailabilityEvent) => void): () => void;
  /** Stops timers and closes the journal, with everything acknowledged in it. The AMQP server is closed before. */
  close(): Promise<void>;
}

/**
 * Service Bus: engine, store and AMQP protocol.
 * @throws Error when the topology declares what Service Bus does not allow, or the data folder cannot be read
 */
export async function createServiceBus(options: ServiceBusOptions): Promise<ServiceBus> {
  const { clock, topology, namespaceName, newId, log, createMissing = false } = options;
  const broker = createBroker({ clock, newId, namespaceName, tier: topology.tier, reader: messageReader });
  broker.catchUp();
  const problems = broker.declare(topology);
  if (problems.length > 0) {
    broker.close();
    throw new Error(problems.map(({ entity, detail }) => `Service Bus: ${entity}: ${detail}`).join('\n'));
  }
  const faults = new Faults();
  const amqp = createAmqpService({
    broker,
    faults,
    clock,
    newId,
    log,
    ensureEntity: createMissing ? (path) => createMissingEntity(broker, path) : () => undefined,
  });
  return {
    amqp,
    broker,
    faults,
    deliver(entity, message) {
      if (createMissing) createMissingEntity(broker, entity);
      return deliverEvent(broker, entity, message);
    },
    onAvailability: () => () => undefined,
    async close() {
      amqp.close();
      broker.close();
    },
  };
}
