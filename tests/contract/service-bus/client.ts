import { ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus';
import { afterEach, beforeEach } from 'vitest';
import { startTestServiceBus, type TestServiceBus, type TestServiceBusOptions } from '../../support/service-bus.ts';

export interface Given {
  readonly bus: TestServiceBus;
  readonly client: ServiceBusClient;
  /** Another client on another connection. */
  connect(options?: ServiceBusClientOptions): ServiceBusClient;
}

/** A Service Bus and a client of the official SDK for each test; errors show at once instead of after the SDK's retries. */
export function givenServiceBus(options: TestServiceBusOptions): () => Given {
  let given: Given;
  const clients: ServiceBusClient[] = [];
  beforeEach(async () => {
    const bus = await startTestServiceBus(options);
    const connect = (clientOptions: ServiceBusClientOptions = {}) => {
      const client = new ServiceBusClient(bus.connectionString, {
        retryOptions: { maxRetries: 0, timeoutInMs: 10_000 },
        ...clientOptions,
      });
      clients.push(client);
      return client;
    };
    given = { bus, connect, client: connect() };
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await given.bus.close();
  });
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
