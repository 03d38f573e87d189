import { join } from 'node:path';
import type { AmqpService } from '../amqp/api.ts';
import type { Clock } from '../clock/index.ts';
import type { Log } from '../log.ts';
import type { ServiceBusTopology } from '../topology/types.ts';
import { createMissingEntity } from './create-missing.ts';
import { type DeliverOutcome, deliverEvent, type EventMessage } from './deliver.ts';
import type { AvailabilityEvent, Broker } from './engine/api.ts';
import { createBroker, watchAvailability } from './engine/index.ts';
import { messageReader } from './protocol/amqp/message-reading.ts';
import { createAmqpService } from './protocol/amqp/service.ts';
import { Faults } from './protocol/faults.ts';
import { openStore, type Store } from './store/index.ts';

export type { DeliverOutcome, DeliveryFailure, EventMessage } from './deliver.ts';
export type { AvailabilityEvent, Broker } from './engine/api.ts';
export { Faults } from './protocol/faults.ts';

export interface ServiceBusOptions {
  readonly clock: Clock;
  /** What is declared: created if it is missing, updated if it differs. */
  readonly topology: ServiceBusTopology;
  readonly namespaceName: string;
  /** The journal goes into `service-bus` in it; `null`: in memory. */
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
  const { clock, topology, namespaceName, dataFolder, newId, log, createMissing = false } = options;
  const store = openStore({
    folder: dataFolder === null ? null : join(dataFolder, 'service-bus'),
    onError: (error) => log('error', 'service-bus', `The journal could not be written: ${error.message}`),
  });
  const broker = createBroker({
    clock,
    newId,
    namespaceName,
    tier: topology.tier,
    reader: messageReader,
    restore: store.read(),
    durability: store,
  });
  reportDamage(store, log);
  store.follow(broker);
  broker.catchUp();
  const problems = broker.declare(topology);
  if (problems.length > 0) {
    broker.close();
    await store.close();
    throw new Error(problems.map(({ entity, detail }) => `Service Bus: ${entity}: ${detail}`).join('\n'));
  }
  const availability = watchAvailability(broker, clock);
  const faults = new Faults();
  const amqp = createAmqpService({
    broker,
    faults,
    clock,
    newId,
    log,
    ...(createMissing && { ensureEntity: (path: string) => createMissingEntity(broker, path) }),
  });
  return {
    amqp,
    broker,
    faults,
    deliver(entity, message) {
      if (createMissing) createMissingEntity(broker, entity);
      return deliverEvent(broker, entity, message);
    },
    onAvailability: (listener) => availability.onEvent(listener),
    async close() {
      amqp.close();
      availability.close();
      broker.close();
      await store.close();
    },
  };
}

/** What a journal lost is said, with its place; a torn end is what a kill leaves, and nothing in it had been acknowledged. */
function reportDamage(store: Store, log: Log): void {
  for (const { file, offset, kind, skippedBytes, recordsBefore, recordsAfter } of store.damage) {
    const saved = `${recordsBefore} records before it and ${recordsAfter} after it were read`;
    if (kind === 'torn') log('information', 'service-bus', `${file} ends within a record at byte ${offset}: ${saved}.`);
    else
      log('warning', 'service-bus', `${file} is damaged at byte ${offset}: ${skippedBytes} bytes are lost, ${saved}.`);
  }
}
