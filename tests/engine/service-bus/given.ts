import { VirtualClock } from '../../../local/clock/index.ts';
import type {
  Broker,
  BrokerEvent,
  BrokerOptions,
  Delivery,
  MessageProperties,
  MessageReader,
  NewMessage,
  Outcome,
  PropertyValue,
  QueueDefinition,
  Receiver,
  ReceiverLossReason,
  ReceiverOptions,
  Refusal,
  RuleDefinition,
  Settlement,
  StoredMessage,
  SubscriptionDefinition,
  TopicDefinition,
} from '../../../local/service-bus/engine/index.ts';
import { createBroker, newQueue, newSubscription, newTopic } from '../../../local/service-bus/engine/index.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const queue = (name: string, policy: Partial<QueueDefinition> = {}): QueueDefinition => ({
  ...newQueue(name),
  ...policy,
});

export const topic = (name: string, policy: Partial<TopicDefinition> = {}): TopicDefinition => ({
  ...newTopic(name),
  ...policy,
});

export const subscription = (name: string, policy: Partial<SubscriptionDefinition> = {}): SubscriptionDefinition => ({
  ...newSubscription(name),
  deadLetteringOnFilterEvaluationExceptions: false,
  ...policy,
});

export const sql = (name: string, sqlExpression: string, action?: string): RuleDefinition => ({
  name,
  filter: { filterType: 'SqlFilter', sqlExpression },
  action: action === undefined ? undefined : { sqlExpression: action },
});

// A test's encoding of messages: JSON, so that the engine's tests need no AMQP.

interface Encoded {
  readonly properties: MessageProperties;
  readonly application: Readonly<Record<string, string | number | boolean>>;
  readonly body: string;
}

const decode = (content: Uint8Array): Encoded => JSON.parse(new TextDecoder().decode(content)) as Encoded;

const toPropertyValue = (value: string | number | boolean): PropertyValue => {
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'boolean', value };
  return Number.isInteger(value) ? { type: 'int', value } : { type: 'double', value };
};

export const reader: MessageReader = {
  readProperties: (content) => decode(content).properties,
  readApplicationProperties: (content) =>
    new Map(Object.entries(decode(content).application).map(([name, value]) => [name, toPropertyValue(value)])),
  measureHeader(content) {
    const { body, application } = decode(content);
    const sizes = Object.entries(application).map(([name, value]) => ({ name, bytes: String(value).length }));
    const [largestProperty] = sizes.sort((a, b) => b.bytes - a.bytes);
    return { headerBytes: content.length - body.length, largestProperty };
  },
};

export function message(
  body: string,
  properties: MessageProperties = {},
  application: Readonly<Record<string, string | number | boolean>> = {},
): NewMessage {
  return { content: new TextEncoder().encode(JSON.stringify({ properties, application, body })), properties };
}

export const bodyOf = (stored: StoredMessage): string => decode(stored.content).body;

export function applicationOf(stored: StoredMessage): Record<string, unknown> {
  const properties: Record<string, unknown> = { ...decode(stored.content).application };
  for (const [name, value] of stored.changes?.application ?? []) {
    if (value === undefined) delete properties[name];
    else properties[name] = 'value' in value ? value.value : value;
  }
  return properties;
}

/** The value of an outcome that must be good. */
export function ok<Value>(outcome: Outcome<Value>): { readonly ok: true } & Value {
  if (!outcome.ok) throw new Error(`Refused: ${outcome.outcome} (${outcome.detail})`);
  return outcome;
}

export function refused(outcome: Outcome): Refusal {
  if (outcome.ok) throw new Error('It was not refused.');
  return outcome;
}

/** A receiver of a test: keeps what it got, and settles by position. */
export class TestReceiver {
  readonly deliveries: Delivery[] = [];
  /** As they were when they were delivered: the live messages move on. */
  readonly counts: number[] = [];
  readonly bodies: string[] = [];
  lostBy: ReceiverLossReason | undefined;
  receiver!: Receiver;
  private readonly broker: Broker;

  constructor(broker: Broker) {
    this.broker = broker;
  }

  get last(): Delivery {
    const last = this.deliveries.at(-1);
    if (!last) throw new Error('Nothing was delivered.');
    return last;
  }

  /** Receives up to `count` of what is there, as a client's receiveMessages does with the shortest wait. */
  receive(count = 1): Delivery[] {
    const before = this.deliveries.length;
    this.receiver.setCredit(count);
    this.receiver.drain();
    return this.deliveries.slice(before);
  }

  settle(settlement: Settlement, delivery = this.last): Outcome {
    return this.broker.settle(this.receiver.entity, delivery.lockToken!, settlement);
  }

  complete(delivery = this.last): void {
    ok(this.settle({ kind: 'complete' }, delivery));
  }

  abandon(delivery = this.last): void {
    ok(this.settle({ kind: 'abandon' }, delivery));
  }
}

export interface World {
  readonly clock: VirtualClock;
  readonly broker: ReturnType<typeof createBroker>;
  readonly events: BrokerEvent[];
  open(path: string, options?: Partial<ReceiverOptions>): TestReceiver;
  tryOpen(path: string, options?: Partial<ReceiverOptions>): { outcome?: Outcome; test: TestReceiver; cancel(): void };
  send(path: string, ...messages: readonly NewMessage[]): readonly number[];
  /** Receives one message by a receiver of its own, and closes it. */
  receiveOne(path: string, options?: Partial<ReceiverOptions>): Delivery | undefined;
  peekBodies(path: string, from?: number): string[];
}

/** A broker with what was asked for in it. */
export function given(
  entities: {
    readonly queues?: readonly QueueDefinition[];
    readonly topics?: readonly (TopicDefinition & {
      readonly subscriptions: readonly (SubscriptionDefinition & { readonly rules?: readonly RuleDefinition[] })[];
    })[];
  },
  options: Partial<BrokerOptions> = {},
): World {
  const clock = (options.clock as VirtualClock | undefined) ?? new VirtualClock();
  let lastId = 0;
  const broker = createBroker({
    clock,
    newId: () => {
      lastId += 1;
      return `00000000-0000-4000-8000-${String(lastId).padStart(12, '0')}`;
    },
    reader,
    namespaceName: 'test',
    ...options,
  });
  const problems = broker.declare({
    queues: entities.queues ?? [],
    topics: (entities.topics ?? []).map((each) => ({
      ...each,
      subscriptions: each.subscriptions.map((one) => ({
        rules: [{ name: '$Default', filter: { filterType: 'TrueFilter' }, action: undefined }],
        ...one,
      })),
    })),
  });
  if (problems.length > 0) throw new Error(problems.map(({ detail }) => detail).join('\n'));
  return worldOf(clock, broker);
}

export function worldOf(clock: VirtualClock, broker: ReturnType<typeof createBroker>): World {
  const events: BrokerEvent[] = [];
  broker.onEvent((event) => events.push(event));
  const tryOpen: World['tryOpen'] = (path, options = {}) => {
    const test = new TestReceiver(broker);
    const result: { outcome?: Outcome; test: TestReceiver; cancel(): void } = { test, cancel: () => {} };
    const pending = broker.openReceiver(
      path,
      {
        mode: 'peek-lock',
        identifier: 'test',
        deliver: (delivery) => {
          test.deliveries.push(delivery);
          test.counts.push(delivery.message.deliveryCount);
          test.bodies.push(bodyOf(delivery.message));
        },
        onLost: (reason) => {
          test.lostBy = reason;
        },
        ...options,
      },
      (outcome) => {
        result.outcome = outcome;
        if (outcome.ok) test.receiver = outcome.receiver;
      },
    );
    result.cancel = () => pending.cancel();
    return result;
  };
  const open: World['open'] = (path, options) => {
    const { outcome, test } = tryOpen(path, options);
    if (!outcome) throw new Error('The receiver waits for a session.');
    ok(outcome);
    return test;
  };
  return {
    clock,
    broker,
    events,
    open,
    tryOpen,
    send: (path, ...messages) => ok(broker.send(path, messages)).sequenceNumbers,
    receiveOne: (path, options) => {
      const test = open(path, options);
      const [delivery] = test.receive(1);
      test.receiver.close();
      return delivery;
    },
    peekBodies: (path, from = 0) =>
      ok(broker.peek(path, { fromSequenceNumber: from, maxCount: 250 })).messages.map(bodyOf),
  };
}
