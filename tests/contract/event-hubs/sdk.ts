import {
  EventHubConsumerClient,
  type EventHubConsumerClientOptions,
  EventHubProducerClient,
  type EventPosition,
  type LastEnqueuedEventProperties,
  type ReceivedEventData,
  type SubscribeOptions,
} from '@azure/event-hubs';
import type { EventHubsUnderTest } from '../../support/event-hubs.ts';

/** No retries: an error of the service is to be seen, not overcome. */
export const NO_RETRIES = { retryOptions: { maxRetries: 0 } } as const;

export const FROM_START: EventPosition = { offset: '-1' };

/** What the SDK gives a subscriber of one partition, to be awaited. */
export class Subscriber {
  readonly events: ReceivedEventData[] = [];
  readonly errors: Error[] = [];
  lastEnqueued: LastEnqueuedEventProperties | undefined;
  private readonly waiting: (() => void)[] = [];
  private readonly subscription: { close(): Promise<void> };

  constructor(client: EventHubConsumerClient, partitionId: string, options: SubscribeOptions = {}) {
    this.subscription = client.subscribe(
      partitionId,
      {
        processEvents: async (events, context) => {
          this.events.push(...events);
          this.lastEnqueued = context.lastEnqueuedEventProperties ?? this.lastEnqueued;
          this.wake();
        },
        processError: async (error) => {
          this.errors.push(error);
          this.wake();
        },
      },
      { startPosition: FROM_START, maxBatchSize: 100, ...options },
    );
  }

  /** The first `count` events, once they are there. Rejects with an error that comes instead. */
  async received(count: number): Promise<ReceivedEventData[]> {
    await this.until(() => this.events.length >= count || this.errors.length > 0);
    if (this.events.length < count) throw this.errors[0]!;
    return this.events.slice(0, count);
  }

  async failed(): Promise<Error & { code?: string }> {
    await this.until(() => this.errors.length > 0);
    return this.errors[0]!;
  }

  async close(): Promise<void> {
    await this.subscription.close();
  }

  private async until(isDone: () => boolean): Promise<void> {
    while (!isDone()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** Clients of one emulator, closed together. */
export class Clients {
  private readonly emulator: EventHubsUnderTest;
  private readonly opened: { close(): Promise<void> }[] = [];

  constructor(emulator: EventHubsUnderTest) {
    this.emulator = emulator;
  }

  producer(hub = 'orders', connectionString = this.emulator.connectionString): EventHubProducerClient {
    return this.keep(new EventHubProducerClient(connectionString, hub, NO_RETRIES));
  }

  consumer(options: EventHubConsumerClientOptions & { group?: string; hub?: string } = {}): EventHubConsumerClient {
    const { group = '$Default', hub = 'orders', ...rest } = options;
    const client = new EventHubConsumerClient(group, this.emulator.connectionString, hub, { ...NO_RETRIES, ...rest });
    return this.keep(client);
  }

  subscriber(partitionId = '0', options: SubscribeOptions & { group?: string; hub?: string } = {}): Subscriber {
    const { group, hub, ...rest } = options;
    return new Subscriber(this.consumer({ group, hub }), partitionId, rest);
  }

  keep<T extends { close(): Promise<void> }>(client: T): T {
    this.opened.push(client);
    return client;
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((client) => client.close()));
  }
}
