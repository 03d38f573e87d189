import { ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus';
import { afterEach, beforeEach, test } from 'vitest';
import { startTestServiceBus, type TestServiceBus, type TestServiceBusOptions } from '../../support/service-bus.ts';
import { createEntities, deleteEntities, namespaceElsewhere } from './namespace.ts';

/** For what only our own broker can be asked for: keys of the test's choice, a lock that ends at once. */
export const testOfOurs = test.skipIf(namespaceElsewhere !== undefined);

/** How long to wait for what should be there, or should not come: Azure is a network away. */
const isInAzure =
  namespaceElsewhere !== undefined && !/UseDevelopmentEmulator/i.test(namespaceElsewhere.connectionString);
export const SHORT_WAIT_MS = isInAzure ? 5_000 : 200;

/** In Azure a queue takes a second or two to create. */
const SETUP_MS = 60_000;

export interface Given {
  /** Our own broker; not there in a namespace elsewhere. */
  readonly bus: TestServiceBus;
  readonly client: ServiceBusClient;
  /** Another client on another connection. */
  connect(options?: ServiceBusClientOptions): ServiceBusClient;
}

/**
 * A Service Bus and a client of the official SDK for each test; errors show at once instead of after the SDK's retries. In a
 * namespace elsewhere (./namespace.ts) its entities are created for each test.
 */
export function givenServiceBus(options: TestServiceBusOptions): () => Given {
  let given: Given;
  const clients: ServiceBusClient[] = [];
  beforeEach(async () => {
    if (namespaceElsewhere)
      await createEntities(namespaceElsewhere.administrationConnectionString, options.topology ?? {});
    const bus = namespaceElsewhere ? undefined : await startTestServiceBus(options);
    const { connectionString } = namespaceElsewhere ?? bus!;
    const connect = (clientOptions: ServiceBusClientOptions = {}) => {
      const client = new ServiceBusClient(connectionString, {
        retryOptions: namespaceElsewhere ? {} : { maxRetries: 0, timeoutInMs: 10_000 },
        ...clientOptions,
      });
      clients.push(client);
      return client;
    };
    const client = connect();
    given = {
      connect,
      client,
      get bus() {
        if (!bus) throw new Error('This test is of our own broker: make it a `testOfOurs`.');
        return bus;
      },
    };
  }, SETUP_MS);
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    if (namespaceElsewhere)
      await deleteEntities(namespaceElsewhere.administrationConnectionString, options.topology ?? {});
    else await given.bus.close();
  }, SETUP_MS);
  return () => given;
}

/** The code of the error that the promise fails with; fails itself when there is none. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return String((error as { code?: unknown }).code ?? (error as Error).message);
  }
  throw new Error('It was expected to fail.');
}
