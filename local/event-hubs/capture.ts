import type { Clock, TimerId } from '../clock/index.ts';
import type { Log } from '../log.ts';
import type { CaptureDescription, HubDefinition } from '../topology/types.ts';
import type { EventHubsEngine } from './engine/engine.ts';
import { type CaptureWindow, PartitionCapture } from './engine/partition-capture.ts';
import { toArchiveName } from './protocol/capture/archive-name.ts';
import { encodeAvroFile } from './protocol/capture/avro-file.ts';
import { toCaptureRecord } from './protocol/capture/capture-record.ts';

/** Where capture files go. */
export interface CaptureWriter {
  /** Writes a block blob whole; makes the container if it is not there. */
  writeBlob(container: string, name: string, bytes: Uint8Array): Promise<void>;
  /** With the account and without a slash at its end: `http://127.0.0.1:10000/devstoreaccount1`. */
  readonly blobUrl: string;
}

/** `Microsoft.EventHub.CaptureFileCreated` in the Event Grid schema (page "Azure Event Hubs as an Event Grid source"). */
export interface CaptureFileEvent {
  readonly id: string;
  readonly topic: string;
  /** `eventhubs/<hub>` */
  readonly subject: string;
  readonly eventType: 'Microsoft.EventHub.CaptureFileCreated';
  /** ISO 8601, UTC; so the other times. */
  readonly eventTime: string;
  readonly dataVersion: '';
  readonly metadataVersion: '1';
  readonly data: {
    readonly fileUrl: string;
    readonly fileType: 'AzureBlockBlob';
    readonly partitionId: string;
    readonly sizeInBytes: number;
    readonly eventCount: number;
    /** -1 in an empty file. */
    readonly firstSequenceNumber: number;
    readonly lastSequenceNumber: number;
    readonly firstEnqueueTime: string;
    readonly lastEnqueueTime: string;
  };
}

export interface CaptureOptions {
  readonly engine: EventHubsEngine;
  readonly hubs: readonly HubDefinition[];
  readonly namespaceName: string;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  readonly writer: CaptureWriter;
  /** How far each partition has been captured: kept over restarts where there is a data folder. */
  readonly readPositions: (hub: string) => readonly number[];
  readonly writePositions: (hub: string, capturedUpTo: readonly number[]) => Promise<void>;
  readonly onFile: (event: CaptureFileEvent) => void;
}

const SOURCE = 'event-hubs capture';
const RETRY_MS = 10_000;

/**
 * Writes the events of every hub with a `captureDescription` to blobs. An event is captured at least once: after a crash between
 * a file and the note of it, a second file has the same events.
 *
 * @returns what ends it, when the file under way is written; a window that is open goes on after a restart
 */
export function startCapture(options: CaptureOptions): { close(): Promise<void> } {
  const closers = options.hubs.flatMap((hub) =>
    hub.captureDescription ? [captureHub(options, hub.name, hub.captureDescription)] : [],
  );
  return {
    async close() {
      await Promise.all(closers.map((close) => close()));
    },
  };
}

function captureHub(options: CaptureOptions, hubName: string, description: CaptureDescription): () => Promise<void> {
  const { engine, clock } = options;
  const { partitions } = engine.hub(hubName)!;
  const noted = options.readPositions(hubName);
  const capturedUpTo = partitions.map(({ index }) => noted[index] ?? -1);
  const queues = partitions.map(({ index }) => new WriteQueue(clock, (window) => write(index, window)));
  const captures = partitions.map(
    ({ index, log }) =>
      new PartitionCapture({
        clock,
        log,
        settings: description,
        capturedUpTo: capturedUpTo[index]!,
        onWindow: (window) => queues[index]!.add(window),
      }),
  );
  const nextFreeSecond = partitions.map(() => 0);

  const write = async (partition: number, window: CaptureWindow) => {
    // Two windows that start in one second would share a name, and the second file replace the first.
    const namedAt = Math.max(window.startedAt, nextFreeSecond[partition]!);
    const name = toArchiveName(description.archiveNameFormat, {
      namespaceName: options.namespaceName,
      hub: hubName,
      partition,
      startedAt: namedAt,
    });
    const sync = Buffer.from(options.newId().replaceAll('-', ''), 'hex');
    const bytes = encodeAvroFile(window.events.map(toCaptureRecord), description.encoding, sync);
    try {
      await options.writer.writeBlob(description.container, name, bytes);
      const last = window.events.at(-1);
      if (last) capturedUpTo[partition] = last.sequenceNumber;
      if (last) await options.writePositions(hubName, capturedUpTo);
    } catch (error) {
      options.log('error', SOURCE, `${description.container}/${name} could not be written: ${String(error)}`);
      return false;
    }
    nextFreeSecond[partition] = (Math.floor(namedAt / 1000) + 1) * 1000;
    options.onFile(toFileEvent(options, hubName, partition, description.container, name, bytes.length, window));
    return true;
  };

  const stopListening = engine.onEvent((event) => {
    if (event.type === 'committed' && event.hub === hubName) captures[event.partition]!.advance();
  });
  // Noted at once: events that come before the first file are captured even if the process ends before it.
  const enabled = options
    .writePositions(hubName, capturedUpTo)
    .catch((error) => options.log('error', SOURCE, `How far ${hubName} is captured could not be noted: ${error}`));
  for (const capture of captures) capture.advance();
  return async () => {
    stopListening();
    for (const capture of captures) capture.close();
    await Promise.all([enabled, ...queues.map((queue) => queue.close())]);
  };
}

/** Files of one partition, one after the other; one that cannot be written is tried again before the next. */
class WriteQueue {
  private readonly clock: Clock;
  private readonly write: (window: CaptureWindow) => Promise<boolean>;
  private readonly windows: CaptureWindow[] = [];
  private running: Promise<void> | undefined;
  private retry: TimerId | undefined;
  private isClosed = false;

  constructor(clock: Clock, write: (window: CaptureWindow) => Promise<boolean>) {
    this.clock = clock;
    this.write = write;
  }

  add(window: CaptureWindow): void {
    this.windows.push(window);
    if (this.retry === undefined) this.running ??= this.run();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.retry !== undefined) this.clock.clearTimer(this.retry);
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.windows.length > 0 && !this.isClosed) {
      if (await this.write(this.windows[0]!)) this.windows.shift();
      else if (!this.isClosed) {
        this.retry = this.clock.setTimer(this.clock.now() + RETRY_MS, () => {
          this.retry = undefined;
          this.running = this.run();
        });
        break;
      }
    }
    this.running = undefined;
  }
}

function toFileEvent(
  options: CaptureOptions,
  hub: string,
  partition: number,
  container: string,
  name: string,
  sizeInBytes: number,
  window: CaptureWindow,
): CaptureFileEvent {
  const { namespaceName, writer, clock, newId } = options;
  const first = window.events[0];
  const last = window.events.at(-1);
  return {
    id: newId(),
    // As ARM names a namespace; a local cloud has no subscription.
    topic: `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/crossover/providers/Microsoft.EventHub/namespaces/${namespaceName}`,
    subject: `eventhubs/${hub}`,
    eventType: 'Microsoft.EventHub.CaptureFileCreated',
    eventTime: new Date(clock.now()).toISOString(),
    dataVersion: '',
    metadataVersion: '1',
    data: {
      fileUrl: `${writer.blobUrl}/${container}/${name}`,
      fileType: 'AzureBlockBlob',
      partitionId: String(partition),
      sizeInBytes,
      eventCount: window.events.length,
      firstSequenceNumber: first?.sequenceNumber ?? -1,
      lastSequenceNumber: last?.sequenceNumber ?? -1,
      firstEnqueueTime: new Date(first?.enqueuedAt ?? NEVER_MS).toISOString(),
      lastEnqueueTime: new Date(last?.enqueuedAt ?? NEVER_MS).toISOString(),
    },
  };
}

/** .NET's `DateTime.MinValue`: the times of an empty file. */
const NEVER_MS = -62_135_596_800_000;
