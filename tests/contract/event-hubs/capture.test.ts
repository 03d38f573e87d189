import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ContainerClient } from '@azure/storage-blob';
import avro from 'avsc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../local/clock/index.ts';
import type { CaptureFileEvent, CaptureWriter } from '../../../local/event-hubs/index.ts';
import { toInvariantTime } from '../../../local/event-hubs/protocol/capture/capture-record.ts';
import { startStorage } from '../../../local/storage/index.ts';
import type { CaptureDescription } from '../../../local/topology/types.ts';
import { newFolder, removeFolder } from '../../engine/event-hubs/stored-hub.ts';
import { type EventHubsUnderTest, startEventHubs } from '../../support/event-hubs.ts';
import { Clients } from './sdk.ts';

const START = Date.UTC(2020, 10, 19, 19, 11, 45);
const MINUTE_MS = 60_000;
const CAPTURE: CaptureDescription = {
  encoding: 'Avro',
  intervalMs: MINUTE_MS,
  sizeLimitInBytes: 314_572_800,
  skipEmptyArchives: false,
  container: 'captured',
  archiveNameFormat: '{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}',
};

interface CapturedRecord {
  readonly SequenceNumber: number;
  readonly Offset: string;
  readonly EnqueuedTimeUtc: string;
  readonly SystemProperties: Record<string, Record<string, unknown>>;
  readonly Properties: Record<string, Record<string, unknown> | null>;
  readonly Body: { readonly bytes: Buffer } | null;
}

/** Reads a file with a library's own reader of Avro containers, by the schema that is in it. */
async function readAvro(bytes: Uint8Array): Promise<{ records: CapturedRecord[]; codec: string; schema: unknown }> {
  const decoder = new avro.streams.BlockDecoder({
    parseHook: (schema) => avro.Type.forSchema(schema, { wrapUnions: true }),
  });
  const records: CapturedRecord[] = [];
  let codec = '';
  let schema: unknown;
  decoder.on('metadata', (type: avro.Type, name: string) => {
    codec = name;
    schema = JSON.parse(JSON.stringify(type.schema({ exportAttrs: true })));
  });
  decoder.on('data', (record: CapturedRecord) => records.push(record));
  Readable.from([Buffer.from(bytes)]).pipe(decoder);
  await once(decoder, 'end');
  return { records, codec, schema };
}

describe('capture', () => {
  const clock = () => emulator.clock;
  let emulator: EventHubsUnderTest & { clock: VirtualClock };
  let clients: Clients;
  let files: Map<string, Uint8Array>;
  let raised: CaptureFileEvent[];
  let waiting: (() => void)[];
  const closing: (() => Promise<unknown>)[] = [];

  const start = async (
    description: Partial<CaptureDescription> = {},
    options: { dataFolder?: string; virtualClock?: VirtualClock; writer?: Partial<CaptureWriter> } = {},
  ) => {
    const virtualClock = options.virtualClock ?? new VirtualClock(START);
    const started = await startEventHubs({
      clock: virtualClock,
      dataFolder: options.dataFolder ?? null,
      hubs: [{ name: 'telemetry', partitionCount: 1, captureDescription: { ...CAPTURE, ...description } }],
    });
    emulator = { ...started, clock: virtualClock };
    clients = new Clients(emulator);
    closing.push(async () => await clients.close(), started.close);
    emulator.eventHubs.onCaptureFile((event) => {
      raised.push(event);
      for (const resolve of waiting.splice(0)) resolve();
    });
    emulator.eventHubs.startCapture({
      blobUrl: 'http://127.0.0.1:10000/devstoreaccount1',
      async writeBlob(container, name, bytes) {
        files.set(`${container}/${name}`, bytes);
      },
      ...options.writer,
    });
  };
  const captured = async (count: number) => {
    while (raised.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return raised;
  };

  beforeEach(() => {
    files = new Map();
    raised = [];
    waiting = [];
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  it('given events, when a window ends, then an Avro file has them and Event Grid is told', async () => {
    await start();
    await clients
      .producer('telemetry')
      .sendBatch(
        [
          { body: { press: 7 }, properties: { count: 3, ratio: 0.5, name: 'ü', ok: true, none: null } },
          { body: Buffer.from([1, 2]), messageId: 'm' },
          { body: null, bodyType: 'value' } as never,
        ],
        { partitionKey: 'press-7' },
      );
    clock().advanceBy(MINUTE_MS);
    const [event] = await captured(1);

    const name = 'localhost/telemetry/0/2020/11/19/19/11/45.avro';
    const bytes = files.get(`captured/${name}`)!;
    const { records, codec, schema } = await readAvro(bytes);
    expect(codec).toBe('null');
    expect(schema).toMatchObject({ name: 'Microsoft.ServiceBus.Messaging.EventData' });
    expect(records[0]).toEqual({
      SequenceNumber: 0,
      Offset: '0',
      EnqueuedTimeUtc: '11/19/2020 7:11:45 PM',
      SystemProperties: {
        'x-opt-sequence-number': { long: 0 },
        'x-opt-offset': { string: '0' },
        'x-opt-enqueued-time': { long: START },
        'x-opt-partition-key': { string: 'press-7' },
      },
      Properties: {
        count: { long: 3 },
        ratio: { double: 0.5 },
        name: { string: 'ü' },
        ok: { string: 'True' },
        none: null,
      },
      Body: { bytes: Buffer.from('{"press":7}') },
    });
    expect(records.slice(1).map((record) => record.Body)).toEqual([{ bytes: Buffer.from([1, 2]) }, null]);

    expect(event).toMatchObject({
      subject: 'eventhubs/telemetry',
      eventType: 'Microsoft.EventHub.CaptureFileCreated',
      eventTime: '2020-11-19T19:12:45.000Z',
      dataVersion: '',
      data: {
        fileUrl: `http://127.0.0.1:10000/devstoreaccount1/captured/${name}`,
        fileType: 'AzureBlockBlob',
        partitionId: '0',
        sizeInBytes: bytes.length,
        eventCount: 3,
        firstSequenceNumber: 0,
        lastSequenceNumber: 2,
        firstEnqueueTime: '2020-11-19T19:11:45.000Z',
        lastEnqueueTime: '2020-11-19T19:11:45.000Z',
      },
    });
  });

  it('given a quiet window, when it is not skipped, then an empty file of 508 bytes and an event are made', async () => {
    await start();
    await clients.producer('telemetry').sendBatch([{ body: 1 }]);
    clock().advanceBy(2 * MINUTE_MS);
    const [, empty] = await captured(2);
    expect(empty!.data).toMatchObject({
      sizeInBytes: 508,
      eventCount: 0,
      firstSequenceNumber: -1,
      lastSequenceNumber: -1,
    });
    expect((await readAvro([...files.values()][1]!)).records).toEqual([]);
  });

  it('given deflate and many events, when captured, then a reader of Avro gets all of them, in order', async () => {
    await start({ encoding: 'AvroDeflate' });
    for (let batch = 0; batch < 3; batch += 1)
      await clients
        .producer('telemetry')
        .sendBatch(Array.from({ length: 400 }, (_, index) => ({ body: `${batch * 400 + index} ${'x'.repeat(100)}` })));
    clock().advanceBy(MINUTE_MS);
    const [event] = await captured(1);
    const { records, codec } = await readAvro([...files.values()][0]!);
    expect(codec).toBe('deflate');
    expect(records.map((record) => record.SequenceNumber)).toEqual(Array.from({ length: 1200 }, (_, index) => index));
    expect(event!.data.sizeInBytes).toBeLessThan(60_000);
  });

  it('given two windows in one second, when written, then neither replaces the other', async () => {
    await start({ sizeLimitInBytes: 500 });
    for (let index = 0; index < 3; index += 1)
      await clients.producer('telemetry').sendBatch([{ body: 'x'.repeat(600) }]);
    await captured(3);
    expect([...files.keys()].map((name) => name.slice(-7))).toEqual(['45.avro', '46.avro', '47.avro']);
  });

  it('given a blob that cannot be written, when it can be again, then the file is written and the order kept', async () => {
    let failures = 1;
    const failed = new Promise<void>((resolve) => {
      void start(
        {},
        {
          writer: {
            async writeBlob(container, name, bytes) {
              if (failures-- > 0) {
                resolve();
                throw new Error('the account is away');
              }
              files.set(`${container}/${name}`, bytes);
            },
          },
        },
      ).then(async () => {
        await clients.producer('telemetry').sendBatch([{ body: 1 }]);
        clock().advanceBy(MINUTE_MS);
      });
    });
    await failed;
    await new Promise(setImmediate);
    clock().advanceBy(MINUTE_MS);
    const [first, second] = await captured(2);
    expect([first!.data.eventCount, second!.data.eventCount]).toEqual([1, 0]);
    expect(emulator.complaints.join()).toMatch(/could not be written: Error: the account is away/);
  });

  it('given a restart before a window ends, when capture goes on, then every event is captured once', async () => {
    const folder = await newFolder();
    const virtualClock = new VirtualClock(START);
    await start({}, { dataFolder: folder, virtualClock });
    await clients.producer('telemetry').sendBatch([{ body: 'first' }]);
    virtualClock.advanceBy(MINUTE_MS);
    await captured(1);
    await clients.producer('telemetry').sendBatch([{ body: 'second' }]);
    for (const close of closing.splice(0)) await close();

    await start({}, { dataFolder: folder, virtualClock });
    virtualClock.advanceBy(MINUTE_MS);
    await captured(2);
    expect(raised.map(({ data }) => [data.firstSequenceNumber, data.lastSequenceNumber])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    closing.push(async () => await removeFolder(folder));
  });

  it('given storage, when a window ends, then the blob is there', async () => {
    const storage = await startStorage({
      blobPort: 0,
      queuePort: 0,
      tablePort: 0,
      dataFolder: null,
      topology: { containers: [], queues: [], tables: [] },
      log: () => undefined,
    });
    await start(
      {},
      {
        writer: {
          blobUrl: storage.blobUrl,
          writeBlob: async (container, name, bytes) =>
            await storage.putBlob(container, name, bytes, 'application/octet-stream'),
        },
      },
    );
    closing.push(async () => await storage.close());
    await clients.producer('telemetry').sendBatch([{ body: 'kept' }]);
    clock().advanceBy(MINUTE_MS);
    const [event] = await captured(1);
    const container = new ContainerClient(storage.connectionString, 'captured');
    const blob = container.getBlockBlobClient('localhost/telemetry/0/2020/11/19/19/11/45.avro');
    expect(event!.data.fileUrl).toBe(decodeURIComponent(blob.url));
    const { records } = await readAvro(await blob.downloadToBuffer());
    expect(records[0]!.Body!.bytes.toString()).toBe('"kept"');
  });

  it.each([
    [Date.UTC(2025, 10, 21, 7, 36, 1), '11/21/2025 7:36:01 AM'],
    [Date.UTC(2025, 0, 2, 0, 0, 0), '1/2/2025 12:00:00 AM'],
    [Date.UTC(2025, 0, 2, 12, 5, 9), '1/2/2025 12:05:09 PM'],
  ])('given %i, when written as .NET does, then it is %s', (at, text) => {
    expect(toInvariantTime(at)).toBe(text);
  });
});
