import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newFolder, removeFolder } from '../../engine/event-hubs/stored-hub.ts';
import { type EventHubsUnderTest, startEventHubs } from '../../support/event-hubs.ts';
import { Clients } from './sdk.ts';

describe('a data folder', () => {
  let folder: string;
  const started: EventHubsUnderTest[] = [];

  const start = async () => {
    const emulator = await startEventHubs({ dataFolder: folder });
    started.push(emulator);
    return { emulator, clients: new Clients(emulator) };
  };

  beforeEach(async () => {
    folder = await newFolder();
  });
  afterEach(async () => {
    for (const emulator of started.splice(0)) await emulator.close();
    await removeFolder(folder);
  });

  it('given acknowledged events, when started again, then they are read from where a reader was', async () => {
    const first = await start();
    const producer = first.clients.producer();
    const created = (await producer.getEventHubProperties()).createdOn;
    for (let index = 0; index < 10; index += 1)
      await producer.sendBatch([{ body: index, properties: { index } }, { body: `${index} b` }], { partitionId: '0' });
    const events = await first.clients.subscriber('0').received(20);
    await first.clients.close();
    await first.emulator.close();

    const second = await start();
    const again = await second.clients.subscriber('0').received(20);
    const plain = (all: typeof events) =>
      all.map(({ body, properties, offset, sequenceNumber, enqueuedTimeUtc }) => ({
        body,
        properties,
        offset,
        sequenceNumber,
        enqueuedTimeUtc,
      }));
    expect(plain(again)).toEqual(plain(events));
    const rest = second.clients.subscriber('0', { startPosition: { offset: events[14]!.offset } });
    expect((await rest.received(5)).map((event) => event.sequenceNumber)).toEqual([15, 16, 17, 18, 19]);
    expect((await second.clients.producer().getEventHubProperties()).createdOn).toEqual(created);
    expect(second.emulator.complaints).toEqual([]);
    await second.clients.close();
  });

  it('given many publications at once, when acknowledged, then every one is on disk', async () => {
    const first = await start();
    const producer = first.clients.producer();
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        producer.sendBatch([{ body: index }], { partitionId: String(index % 4) }),
      ),
    );
    const { engine } = first.emulator.eventHubs;
    const counts = () => engine.hub('orders')!.partitions.map((one) => one.log.last.sequenceNumber + 1);
    expect(counts()).toEqual([50, 50, 50, 50]);
    await first.clients.close();
    await first.emulator.close();
    const second = await start();
    const { partitions } = second.emulator.eventHubs.engine.hub('orders')!;
    expect(partitions.map((one) => one.log.read(0, 1000).length)).toEqual([50, 50, 50, 50]);
  });
});
