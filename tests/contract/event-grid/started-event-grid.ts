import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { RealClock } from '../../../local/clock/index.ts';
import { type EventGrid, type EventGridOptions, startEventGrid } from '../../../local/event-grid/index.ts';
import type {
  EventFilter,
  EventGridTopology,
  EventSchema,
  EventSubscriptionDefinition,
} from '../../../local/topology/types.ts';

export const NO_FILTER: EventFilter = {
  includedEventTypes: undefined,
  subjectBeginsWith: '',
  subjectEndsWith: '',
  isSubjectCaseSensitive: false,
  enableAdvancedFilteringOnArrays: false,
  advancedFilters: [],
};

export function subscription(
  name: string,
  destination: EventSubscriptionDefinition['destination'],
  more: Partial<EventSubscriptionDefinition> = {},
): EventSubscriptionDefinition {
  return {
    name,
    destination,
    filter: NO_FILTER,
    eventDeliverySchema: 'EventGridSchema',
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
    deadLetterDestination: undefined,
    ...more,
  };
}

export function topology(
  inputSchema: EventSchema,
  eventSubscriptions: readonly EventSubscriptionDefinition[],
): EventGridTopology {
  return { topics: [{ name: 'operations', inputSchema, eventSubscriptions }], systemTopics: [] };
}

/** A queue of things that arrive, and a promise of the next. */
export class Arrivals<T> {
  readonly all: T[] = [];
  private taken = 0;
  private wake: (() => void) | undefined;

  add(item: T): void {
    this.all.push(item);
    this.wake?.();
  }

  async next(): Promise<T> {
    while (this.all.length <= this.taken) await new Promise<void>((resolve) => (this.wake = resolve));
    this.taken += 1;
    return this.all[this.taken - 1]!;
  }
}

export interface Delivered {
  readonly kind: 'service-bus' | 'storage-queue' | 'event-hub';
  readonly name: string;
  readonly message: Record<string, unknown>;
}

/** A running Event Grid whose entities and dead-letter container are lists; closed when the test ends. */
export async function eventGrid(
  topics: EventGridTopology,
  options: Partial<EventGridOptions> = {},
): Promise<
  EventGrid & { delivered: Arrivals<Delivered>; blobs: Arrivals<{ container: string; name: string; json: string }> }
> {
  const delivered = new Arrivals<Delivered>();
  const blobs = new Arrivals<{ container: string; name: string; json: string }>();
  const take = (kind: Delivered['kind']) => async (name: string, message: unknown) => {
    delivered.add({ kind, name, message: message as Record<string, unknown> });
    return { delivered: true } as const;
  };
  const started = await startEventGrid({
    port: 0,
    clock: new RealClock(),
    topology: topics,
    newId: randomUUID,
    random: () => 0,
    log: () => {},
    destinations: {
      serviceBus: take('service-bus'),
      eventHub: take('event-hub'),
      storageQueue: async (name, text, ttl) => take('storage-queue')(name, { text, ttl }),
    },
    deadLetter: async (container, name, json) => blobs.add({ container, name, json }),
    dataFolder: null,
    ...options,
  });
  onTestFinished(() => started.close());
  return { ...started, delivered, blobs };
}

export interface WebhookRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server that stands for somebody's webhook, or for the Functions host; closed when the test ends. */
export async function webhook(
  answer: (request: WebhookRequest) => { status: number; headers?: Record<string, string>; body?: string },
): Promise<{ url: string; requests: Arrivals<WebhookRequest>; close: () => void }> {
  const requests = new Arrivals<WebhookRequest>();
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const seen = {
      method: request.method!,
      path: request.url!,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    const { status, headers, body } = answer(seen);
    response.writeHead(status, headers).end(body);
    requests.add(seen);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}

/** A webhook that consents to either handshake and takes everything. */
export function consenting(request: WebhookRequest): {
  status: number;
  headers?: Record<string, string>;
  body?: string;
} {
  if (request.method === 'OPTIONS') return { status: 200, headers: { 'webhook-allowed-origin': '*' } };
  if (request.headers['aeg-event-type'] !== 'SubscriptionValidation') return { status: 200 };
  const [{ data }] = JSON.parse(request.body) as [{ data: { validationCode: string } }];
  return { status: 200, body: JSON.stringify({ validationResponse: data.validationCode }) };
}
