import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { VirtualClock } from '../../local/clock/index.ts';
import { createBroker, newQueue, type QueueDefinition, type Receiver } from '../../local/service-bus/engine/index.ts';
import { compare, runInPairs } from '../support/paired-runs.ts';
import { type Row, toAbsoluteRow, toRow } from '../support/row.ts';
import { startServer } from '../support/server-process.ts';
import { turnOver } from '../wire/workloads.ts';

const MANY = 1_000_000;
const FEW = 1_000;
const PAYLOAD_BYTES = 1024;
const MESSAGES_A_RUN = 100_000;
const MESSAGES_A_RUN_OVER_THE_WIRE = 4_000;

const QUEUE: QueueDefinition = { ...newQueue('q'), defaultMessageTimeToLiveMs: 3_600_000, maxSizeInMegabytes: 81_920 };

const content = new Uint8Array(PAYLOAD_BYTES).fill(0x78);
const properties = { messageId: 'm' };

/** Service Bus with 1,000 and with 1,000,000 messages waiting: the engine by itself, its memory, and over the wire. */
export async function* measureScale(): AsyncGenerator<Row> {
  yield* measureEngine();
  yield await measureWire();
}

async function* measureEngine(): AsyncGenerator<Row> {
  const few = filled(FEW);
  few.turnOver();
  const before = memoryBytes();
  const many = filled(MANY);
  const overheadBytes = (memoryBytes() - before) / MANY - PAYLOAD_BYTES;
  const pairs = await runInPairs(
    async () => many.turnOver(),
    async () => few.turnOver(),
  );
  const what = 'engine: 1,000,000 messages waiting against 1,000';
  const rate = compare(pairs.map(([a, b]) => [a.perSecond, b.perSecond]));
  yield toRow(`${what}, rate`, '/s', rate, { atLeast: 0.9 });
  const cost = compare(pairs.map(([a, b]) => [a.microseconds, b.microseconds]));
  yield toRow(`${what}, processor time`, 'µs', cost, undefined);
  yield toAbsoluteRow('memory of a waiting message beside its payload', 'bytes', overheadBytes, { atMost: 200 });
}

async function measureWire(): Promise<Row> {
  const server = await startServer(new URL('../wire/crossover-server.ts', import.meta.url), [
    '--waiting',
    String(MANY),
  ]);
  try {
    const pairs = await runInPairs(
      () => turnOver(server.port, 'many', MESSAGES_A_RUN_OVER_THE_WIRE),
      () => turnOver(server.port, 'few', MESSAGES_A_RUN_OVER_THE_WIRE),
    );
    return toRow('over the wire: 1,000,000 messages waiting against 1,000', '/s', compare(pairs), { atLeast: 0.9 });
  } finally {
    await server.close();
  }
}

/** What it took to send, receive and complete one message after another. */
interface TurnOver {
  readonly perSecond: number;
  /** Processor time a message, the garbage collector's threads included: messages that stay are what it has to copy and to mark. */
  readonly microseconds: number;
}

/** A broker with so many messages waiting, and a receiver that completes what it gets. */
function filled(waiting: number): { turnOver(): TurnOver } {
  let lastId = 0;
  const broker = createBroker({
    clock: new VirtualClock(),
    newId: () => (++lastId).toString(16).padStart(32, '0'),
    reader: {
      readProperties: () => properties,
      readApplicationProperties: () => new Map(),
      measureHeader: () => ({ headerBytes: 0, largestProperty: undefined }),
    },
    namespaceName: 'benchmark',
  });
  broker.declare({ queues: [QUEUE], topics: [] });
  for (let n = 0; n < waiting; n += 1) broker.send('q', [{ content, properties }]);
  let receiver: Receiver | undefined;
  broker.openReceiver(
    'q',
    {
      mode: 'peek-lock',
      identifier: 'benchmark',
      deliver: ({ lockToken }) => broker.settle('q', lockToken!, { kind: 'complete' }),
      onLost: () => {},
    },
    (outcome) => {
      if (outcome.ok) receiver = outcome.receiver;
    },
  );
  return {
    turnOver() {
      const before = process.cpuUsage();
      const start = performance.now();
      for (let n = 0; n < MESSAGES_A_RUN; n += 1) {
        broker.send('q', [{ content, properties }]);
        receiver!.setCredit(1);
      }
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(before);
      return { perSecond: MESSAGES_A_RUN / seconds, microseconds: (user + system) / MESSAGES_A_RUN };
    },
  };
}

function memoryBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
