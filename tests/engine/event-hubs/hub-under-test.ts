import { VirtualClock } from '../../../local/clock/index.ts';
import { type EngineOptions, EventHubsEngine, type HubSettings } from '../../../local/event-hubs/engine/engine.ts';
import type { EngineEvent } from '../../../local/event-hubs/engine/engine-event.ts';
import type { NewEvent, Position, StoredEvent } from '../../../local/event-hubs/engine/event.ts';
import type { Hub } from '../../../local/event-hubs/engine/hub.ts';
import type { Reader } from '../../../local/event-hubs/engine/reader.ts';

export const HOUR_MS = 3_600_000;
export const EARLIEST: Position = { from: 'earliest' };

export interface HubUnderTest {
  readonly clock: VirtualClock;
  readonly engine: EventHubsEngine;
  readonly hub: Hub;
  readonly happened: EngineEvent[];
}

/** One hub named `orders` in memory, and everything that happens in it. */
export function givenHub(
  settings: Partial<HubSettings> = {},
  options: Partial<EngineOptions> & { clock?: VirtualClock } = {},
): HubUnderTest {
  const clock = options.clock ?? new VirtualClock();
  const engine = new EventHubsEngine({
    tier: 'Standard',
    ...options,
    clock,
    hubs: [
      {
        name: 'orders',
        partitionCount: 2,
        retentionMs: HOUR_MS,
        cleanupPolicy: 'Delete',
        consumerGroups: ['$Default', 'audit'],
        ...settings,
      },
    ],
  });
  const happened: EngineEvent[] = [];
  engine.onEvent((event) => happened.push(event));
  return { clock, engine, hub: engine.hub('orders')!, happened };
}

export function event(text: string, partitionKey?: string): NewEvent {
  return { partitionKey, isTombstone: false, head: new Uint8Array(0), payload: Buffer.from(text) };
}

export function events(count: number, prefix = 'event'): NewEvent[] {
  return Array.from({ length: count }, (_, index) => event(`${prefix} ${index}`));
}

export function publish(hub: Hub, published: readonly NewEvent[], partitionId?: string) {
  return hub.publish({
    partitionId,
    partitionKey: published[0]?.partitionKey,
    events: published,
    sizeBytes: published.reduce((sum, one) => sum + one.payload.length, 0),
  });
}

export interface ReaderUnderTest {
  readonly reader: Reader;
  readonly signals: string[];
}

/** Opens a reader of partition 0 and expects it to open. */
export function openReader(
  hub: Hub,
  request: {
    position?: Position;
    consumerGroup?: string;
    ownerLevel?: number;
    partitionId?: string;
    name?: string;
  } = {},
): ReaderUnderTest {
  const signals: string[] = [];
  const outcome = tryToOpenReader(hub, request, signals);
  if (outcome.outcome !== 'opened') throw new Error(`The reader was refused: ${outcome.outcome}.`);
  return { reader: outcome.reader, signals };
}

export function tryToOpenReader(hub: Hub, request: Parameters<typeof openReader>[1] = {}, signals: string[] = []) {
  return hub.openReader({
    partitionId: '0',
    consumerGroup: '$Default',
    position: EARLIEST,
    ...request,
    listener: {
      available: () => signals.push('available'),
      stolen: (by) => signals.push(`stolen by ${by}`),
    },
  });
}

export function numbersOf(found: readonly StoredEvent[]): number[] {
  return found.map((one) => one.sequenceNumber);
}

export function textsOf(found: readonly StoredEvent[]): string[] {
  return found.map((one) => Buffer.from(one.payload).toString());
}
