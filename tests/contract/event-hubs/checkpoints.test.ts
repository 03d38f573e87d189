import { EventHubConsumerClient, type PartitionOwnership, type ReceivedEventData } from '@azure/event-hubs';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { ContainerClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Storage, startStorage } from '../../../local/storage/index.ts';
import { type EventHubsUnderTest, startEventHubs } from '../../support/event-hubs.ts';
import { Clients, NO_RETRIES } from './sdk.ts';

describe('checkpoints in blobs', () => {
  let storage: Storage;
  let emulator: EventHubsUnderTest;
  let clients: Clients;
  let container: ContainerClient;
  let number = 0;

  beforeAll(async () => {
    storage = await startStorage({
      blobPort: 0,
      queuePort: 0,
      tablePort: 0,
      dataFolder: null,
      topology: { containers: [], queues: [], tables: [] },
      log: () => undefined,
    });
  });
  beforeEach(async () => {
    emulator = await startEventHubs();
    clients = new Clients(emulator);
    number += 1;
    container = new ContainerClient(storage.connectionString, `checkpoints-${number}`);
    await container.create();
  });
  afterEach(async () => {
    await clients.close();
    await emulator.close();
  });
  afterAll(async () => await storage.close());

  /** A processor over all partitions, which checkpoints every batch. */
  const process = () => {
    const client = clients.keep(
      new EventHubConsumerClient('$Default', emulator.connectionString, 'orders', new BlobCheckpointStore(container), {
        ...NO_RETRIES,
        loadBalancingOptions: {
          strategy: 'greedy',
          updateIntervalInMs: 100,
          partitionOwnershipExpirationIntervalInMs: 5000,
        },
      }),
    );
    const received: ReceivedEventData[] = [];
    const owned = new Set<string>();
    const waiting = new Set<() => void>();
    const wake = () => {
      for (const resolve of waiting) resolve();
    };
    client.subscribe(
      {
        async processInitialize(context) {
          owned.add(context.partitionId);
          wake();
        },
        async processClose(_, context) {
          owned.delete(context.partitionId);
          wake();
        },
        async processEvents(events, context) {
          received.push(...events);
          if (events.length > 0) await context.updateCheckpoint(events.at(-1)!);
          wake();
        },
        async processError() {
          // A stolen partition is reported here: that is what the tests bring about.
        },
      },
      { startPosition: { offset: '-1' }, maxBatchSize: 10 },
    );
    const until = async (isDone: () => boolean) => {
      while (!isDone())
        await new Promise<void>((resolve) => {
          const once = () => {
            waiting.delete(once);
            resolve();
          };
          waiting.add(once);
        });
    };
    return { client, received, owned, until };
  };

  const send = async (...bodies: number[]) => {
    for (const body of bodies) await clients.producer().sendBatch([{ body }], { partitionId: String(body % 4) });
  };

  it('given a processor that stopped, when another starts, then it goes on after the checkpoints', async () => {
    await send(0, 1, 2, 3);
    const first = process();
    await first.until(() => first.received.length === 4);
    await first.client.close();

    await send(4, 5);
    const second = process();
    await second.until(() => second.received.length === 2);
    expect(second.received.map((event) => event.body).sort()).toEqual([4, 5]);

    const names: string[] = [];
    for await (const blob of container.listBlobsFlat({ includeMetadata: true })) {
      names.push(blob.name);
      if (blob.name.includes('/checkpoint/3'))
        expect(blob.metadata).toMatchObject({ sequencenumber: '0', offset: '0' });
    }
    const expected = [0, 1, 2, 3].flatMap((id) => [
      `localhost/orders/$default/checkpoint/${id}`,
      `localhost/orders/$default/ownership/${id}`,
    ]);
    expect(names.sort()).toEqual(expected.sort());
  });

  it('given a processor that owns all partitions, when a second starts, then they share and nothing is lost', async () => {
    const first = process();
    await first.until(() => first.owned.size === 4);
    const second = process();
    await second.until(() => second.owned.size === 2);
    await first.until(() => first.owned.size === 2);
    expect([...first.owned, ...second.owned].sort()).toEqual(['0', '1', '2', '3']);

    await send(0, 1, 2, 3);
    const bodies = () => new Set([...first.received, ...second.received].map((event) => event.body as number));
    await Promise.race([first.until(() => bodies().size === 4), second.until(() => bodies().size === 4)]);
    for (const one of [first, second])
      for (const event of one.received) expect([...one.owned]).toContain(String((event.body as number) % 4));
  });

  describe('ownership', () => {
    const claim = (ownerId: string, etag?: string): PartitionOwnership => ({
      fullyQualifiedNamespace: 'localhost',
      eventHubName: 'orders',
      consumerGroup: '$Default',
      partitionId: '0',
      ownerId,
      etag,
    });

    it('given two claims on one ETag, when made, then one of them is lost', async () => {
      const store = new BlobCheckpointStore(container);
      const [owned] = await store.claimOwnership([claim('first')]);
      const claims = await Promise.all([
        store.claimOwnership([claim('second', owned!.etag)]),
        store.claimOwnership([claim('third', owned!.etag)]),
      ]);
      expect(claims.map((one) => one.length).sort()).toEqual([0, 1]);
    });

    it('given a partition that was given up with an empty owner, when listed, then it can be claimed at once', async () => {
      const store = new BlobCheckpointStore(container);
      const [owned] = await store.claimOwnership([claim('first')]);
      await store.claimOwnership([claim('', owned!.etag)]);
      const [listed] = await store.listOwnership('localhost', 'orders', '$Default');
      expect(listed!.ownerId).toBe('');
      expect(await store.claimOwnership([claim('second', listed!.etag)])).toHaveLength(1);
    });
  });
});
