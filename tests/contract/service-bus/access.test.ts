import { ServiceBusClient } from '@azure/service-bus';
import { describe, expect } from 'vitest';
import { codeOf, givenServiceBus, testOfOurs as test } from './client.ts';

const given = givenServiceBus({
  log: () => undefined,
  topology: {
    queues: [
      {
        name: 'orders',
        authorizationRules: [
          { name: 'in', rights: ['Send'], primaryKey: 'in-key' },
          { name: 'out', rights: ['Listen'], primaryKey: 'out-key' },
        ],
      },
      { name: 'others' },
    ],
  },
});

async function as<T>(keyName: string, key: string, use: (client: ServiceBusClient) => Promise<T>): Promise<T> {
  const client = new ServiceBusClient(
    `Endpoint=sb://${given().bus.host};SharedAccessKeyName=${keyName};SharedAccessKey=${key};UseDevelopmentEmulator=true;`,
    { retryOptions: { maxRetries: 0, timeoutInMs: 10_000 } },
  );
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

describe('keys', () => {
  test('a wrong key is refused with the service’s error', async () => {
    const sending = as('RootManageSharedAccessKey', 'wrong', (client) =>
      client.createSender('orders').sendMessages({ body: 1 }),
    );
    expect(await codeOf(sending)).toBe('UnauthorizedAccess');
  });

  test('a key may send and not listen, or listen and not send', async () => {
    await as('in', 'in-key', (client) => client.createSender('orders').sendMessages({ body: 1 }));
    const receiving = as('in', 'in-key', (client) => client.createReceiver('orders').receiveMessages(1));
    expect(await codeOf(receiving)).toBe('UnauthorizedAccess');
    const [got] = await as('out', 'out-key', (client) =>
      client.createReceiver('orders', { receiveMode: 'receiveAndDelete' }).receiveMessages(1),
    );
    expect(got!.body).toBe(1);
    const sending = as('out', 'out-key', (client) => client.createSender('orders').sendMessages({ body: 1 }));
    expect(await codeOf(sending)).toBe('UnauthorizedAccess');
  });

  test('a key of one queue is no key to another', async () => {
    const sending = as('in', 'in-key', (client) => client.createSender('others').sendMessages({ body: 1 }));
    expect(await codeOf(sending)).toBe('UnauthorizedAccess');
  });
});
