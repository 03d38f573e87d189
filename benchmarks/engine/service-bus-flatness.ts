// node --expose-gc benchmarks/engine/service-bus-flatness.ts [waiting messages] [payload bytes]
//
// The Service Bus engine with 1,000 and with 1,000,000 messages waiting (contracts: the rate with many is at least 0.9 of the
// rate with few, and a waiting message costs at most its payload and 200 bytes). Runs are interleaved; medians are compared.
import { VirtualClock } from '../../local/clock/index.ts';
import { createBroker, type QueueDefinition, type Receiver } from '../../local/service-bus/engine/index.ts';

const MANY = Number(process.argv[2] ?? 1_000_000);
const PAYLOAD_BYTES = Number(process.argv[3] ?? 1024);
const FEW = 1000;
const PAIRS = 7;
const MESSAGES_A_RUN = 100_000;

const DEFINITION: QueueDefinition = {
  name: 'q',
  lockDurationMs: 60_000,
  maxDeliveryCount: 10,
  requiresSession: false,
  requiresDuplicateDetection: false,
  duplicateDetectionHistoryTimeWindowMs: 600_000,
  defaultMessageTimeToLiveMs: 3_600_000,
  deadLetteringOnMessageExpiration: false,
  autoDeleteOnIdleMs: Number.POSITIVE_INFINITY,
  maxSizeInMegabytes: 81_920,
  maxMessageSizeInKilobytes: undefined,
  forwardTo: undefined,
  forwardDeadLetteredMessagesTo: undefined,
  enableBatchedOperations: true,
  enablePartitioning: false,
  enableExpress: false,
  status: 'Active',
  userMetadata: undefined,
  authorizationRules: [],
};

const content = new Uint8Array(PAYLOAD_BYTES).fill(0x78);
const properties = { messageId: 'm' };
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});

function memoryBytes(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A broker with so many messages waiting, and a receiver that completes what it gets. */
function filled(waiting: number) {
  let lastId = 0;
  const broker = createBroker({
    clock: new VirtualClock(),
    newId: () => {
      lastId += 1;
      return lastId.toString(16).padStart(32, '0');
    },
    reader: { readProperties: () => properties, readApplicationProperties: () => new Map() },
    namespaceName: 'benchmark',
  });
  broker.declare({ queues: [DEFINITION], topics: [] });
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
    /** Messages sent, received and completed in a second. */
    rate(): number {
      const start = performance.now();
      for (let n = 0; n < MESSAGES_A_RUN; n += 1) {
        broker.send('q', [{ content, properties }]);
        receiver!.setCredit(1);
      }
      return (MESSAGES_A_RUN / (performance.now() - start)) * 1000;
    },
  };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

const few = filled(FEW);
few.rate();
const before = memoryBytes();
const many = filled(MANY);
const perMessage = (memoryBytes() - before) / MANY;
many.rate();

const rates: { few: number[]; many: number[] } = { few: [], many: [] };
for (let pair = 0; pair < PAIRS; pair += 1) {
  rates.few.push(few.rate());
  rates.many.push(many.rate());
}
const ratio = median(rates.many) / median(rates.few);
const overhead = perMessage - PAYLOAD_BYTES;
console.log(`waiting            rate (send, receive, complete)   range`);
for (const [name, waiting, values] of [
  ['few', FEW, rates.few],
  ['many', MANY, rates.many],
] as const)
  console.log(
    `${String(waiting).padEnd(10)} ${name.padEnd(6)} ${Math.round(median(values))}/s   ${Math.round(Math.min(...values))}-${Math.round(Math.max(...values))}`,
  );
console.log(`ratio many/few     ${ratio.toFixed(2)} (goal: at least 0.90)`);
console.log(`memory a message   payload + ${Math.round(overhead)} bytes (goal: at most 200)`);
process.exitCode = ratio >= 0.9 && overhead <= 200 ? 0 : 1;
