import { join } from 'node:path';
import { type Clock, RealClock } from '../clock/index.ts';
import type { Log } from '../log.ts';
import type { EventGridTopology, EventSchema, SystemTopicType } from '../topology/types.ts';
import type { Attempt, RouterOptions, RouterRecord, SubscriptionState, TopicState } from './engine/api.ts';
import type { EventGridEvent } from './engine/events.ts';
import type { AttemptResult } from './engine/outcomes.ts';
import { createRouter } from './engine/router.ts';
import { Throttle } from './engine/throttle.ts';
import { pushOverHttp } from './protocol/push-over-http.ts';
import { type EventGridDestinations, pushToEntity } from './protocol/push-to-entity.ts';
import { Requester } from './protocol/requester.ts';
import { startServer } from './protocol/server.ts';
import { validateWebhook } from './protocol/validate-webhook.ts';
import { logRecords } from './record-log.ts';
import { type EventJournal, openEventJournal } from './store/journal.ts';

export type { RouterRecord, SubscriptionCounts, SubscriptionState, TopicState } from './engine/api.ts';
export type { CloudEvent, EventGridEvent } from './engine/events.ts';
export type { DeliverOutcome, EventGridDestinations } from './protocol/push-to-entity.ts';

/** The one key of every topic: public, fixed, for development only. Base64 of `crossover-local-event-grid-topics`. */
export const DEVELOPMENT_TOPIC_KEY = 'Y3Jvc3NvdmVyLWxvY2FsLWV2ZW50LWdyaWQtdG9waWNz';

const RESOURCE_GROUP = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/crossover';

export interface EventGridOptions {
  /** 0: a free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly topology: EventGridTopology;
  /** A UUID. */
  readonly newId: () => string;
  /** From 0 up to but not including 1: the jitter of retries. */
  readonly random: () => number;
  readonly log: Log;
  readonly destinations: EventGridDestinations;
  /** Writes a dead-letter blob. Default of the caller's choosing; rejected writes are tried again for 4 hours. */
  readonly deadLetter: (container: string, blobName: string, json: string) => Promise<void>;
  /** Events that wait are kept in its folder `event-grid`. `null`: in memory. */
  readonly dataFolder: string | null;
  /** Default: Node's. */
  readonly fetch?: typeof fetch;
  /** In endpoints and validation URLs. Default `127.0.0.1`. */
  readonly hostName?: string;
}

export interface EventGridTopic {
  readonly name: string;
  /** Where to publish: `http://127.0.0.1:6001/<topic>/api/events`. */
  readonly endpoint: string;
  readonly key: string;
  readonly inputSchema: EventSchema;
}

export interface EventGrid {
  readonly port: number;
  /** `http://127.0.0.1:6001` */
  readonly url: string;
  readonly topics: readonly EventGridTopic[];
  /** Hands an event of Storage, Service Bus or Event Hubs to every system topic of the type. */
  publishSystemEvent(topicType: SystemTopicType, event: EventGridEvent): void;
  /**
   * The Functions host is up at the URL, or gone. While it is gone events for functions wait and lose no attempt; when it
   * comes (again), they go out at once, those too whose last attempt failed because nobody was there.
   */
  setFunctionsUrl(url: string | undefined): void;
  /**
   * Functions whose trigger is blob with `source: EventGrid`: their events go to the blob webhook. Called whenever the app
   * has been loaded, so what failed because the app was not there is tried again at once.
   */
  setBlobFunctions(names: readonly string[]): void;
  /** Topics and subscriptions with counts, for the dashboard and for people. */
  inspect(): { readonly topics: readonly TopicState[]; readonly subscriptions: readonly SubscriptionState[] };
  /** Everything that happens, as it happens. Returns how to stop. */
  onRecord(listener: (record: RouterRecord) => void): () => void;
  /** Waiting events stay in the data folder. Leaves no timer, socket or file open. */
  close(): Promise<void>;
}

/**
 * Starts Event Grid on `127.0.0.1`.
 *
 * @throws Error when the port is taken, a subscription breaks a limit of the service, or the journal cannot be read
 */
export async function startEventGrid(options: EventGridOptions): Promise<EventGrid> {
  const { clock, topology, newId, random, log } = options;
  // Who answers lives in real time: a step of virtual time must not leave them too late to have answered.
  const requester = new Requester(new RealClock(), options.fetch ?? globalThis.fetch);
  const blobFunctions = new Set<string>();
  let functionsUrl: string | undefined;

  const push = async (attempt: Attempt): Promise<AttemptResult> => {
    const { destination } = attempt.subscription;
    if (destination.endpointType === 'WebHook') return pushOverHttp(requester, destination.endpointUrl, attempt);
    if (destination.endpointType !== 'AzureFunction') return pushToEntity(options.destinations, attempt);
    if (functionsUrl === undefined)
      return { kind: 'failed', outcome: 'SocketError', detail: 'The Functions host is not up.' };
    const isBlob = blobFunctions.has(destination.name.toLowerCase());
    const query = isBlob ? `Host.Functions.${destination.name}` : destination.name;
    const route = isBlob ? 'blobs' : 'EventGrid';
    const url = `${functionsUrl}/runtime/webhooks/${route}?functionName=${encodeURIComponent(query)}`;
    return pushOverHttp(requester, url, attempt);
  };

  const journal =
    options.dataFolder === null
      ? undefined
      : await openJournal(join(options.dataFolder, 'event-grid'), log, () => router);
  const routerOptions: RouterOptions = {
    clock,
    newId,
    random,
    topics: topology.topics,
    systemTopics: topology.systemTopics,
    push,
    askForValidation: (request) =>
      validateWebhook(requester, request, {
        topicId: topicId(request.topicName),
        validationUrl: `${url}/eventsubscriptions/${encodeURIComponent(request.subscription.name)}/validate?id=${request.code}`,
        eventId: newId(),
        at: new Date(clock.now()),
      }),
    writeDeadLetter: options.deadLetter,
    restore: journal?.records,
  };
  // Bound before the router starts to ask webhooks: the validation URL names the port.
  const throttles = new Map<string, Throttle>();
  const server = await startServer(options.port, {
    clock,
    newId,
    topic: (name) => served.get(name.toLowerCase()),
    async publish(topicName, events, bytes) {
      const throttle = throttles.get(topicName) ?? new Throttle(clock);
      throttles.set(topicName, throttle);
      if (!throttle.take(events.length, bytes)) return 'throttled';
      router.publish(topicName, events);
      await journal?.flushed();
      return 'accepted';
    },
    confirmValidation: (code) => router.confirmValidation(code),
    listing: () => listing(inspect(), topics),
    onError: (error) =>
      log('error', 'event-grid', error instanceof Error ? (error.stack ?? error.message) : String(error)),
  }).catch(async (error: unknown) => {
    await journal?.close();
    throw error;
  });
  const url = `http://${options.hostName ?? '127.0.0.1'}:${server.port}`;
  const topics: readonly EventGridTopic[] = topology.topics.map(({ name, inputSchema }) => {
    return { name, endpoint: `${url}/${name}/api/events`, key: DEVELOPMENT_TOPIC_KEY, inputSchema };
  });
  const served = new Map(topics.map((topic) => [topic.name.toLowerCase(), { ...topic, id: topicId(topic.name) }]));
  const router = await startRouter();
  router.onRecord((record) => {
    if (record.type !== 'validation') journal?.append(record);
  });
  logRecords(router, log);
  const inspect = () => ({ topics: router.topics(), subscriptions: router.subscriptions() });

  async function startRouter() {
    try {
      return createRouter(routerOptions);
    } catch (error) {
      await server.close();
      await journal?.close();
      throw error;
    }
  }

  return {
    port: server.port,
    url,
    topics,
    publishSystemEvent(topicType, event) {
      router.publishSystemEvent(topicType, event);
    },
    setFunctionsUrl(value) {
      functionsUrl = value?.replace(/\/+$/, '');
      router.setFunctionsHostUp(functionsUrl !== undefined);
    },
    setBlobFunctions(names) {
      blobFunctions.clear();
      for (const name of names) blobFunctions.add(name.toLowerCase());
      router.setFunctionsHostUp(functionsUrl !== undefined);
    },
    inspect,
    onRecord: (listener) => router.onRecord(listener),
    async close() {
      await server.close();
      router.close();
      requester.close();
      await journal?.close();
    },
  };
}

/** What `GET /` answers: data for people and tools, without keys. */
function listing(
  { topics, subscriptions }: ReturnType<EventGrid['inspect']>,
  endpoints: readonly EventGridTopic[],
): unknown {
  const custom = new Map(endpoints.map(({ name, endpoint, inputSchema }) => [name, { endpoint, inputSchema }]));
  return {
    topics: topics.map((topic) => ({ ...topic, ...(topic.topicType === 'Custom' ? custom.get(topic.name) : {}) })),
    subscriptions,
  };
}

function topicId(name: string): string {
  return `${RESOURCE_GROUP}/providers/Microsoft.EventGrid/topics/${name}`;
}

async function openJournal(
  folder: string,
  log: Log,
  router: () => { pendingRecords(): Iterable<RouterRecord> },
): Promise<EventJournal> {
  const journal = await openEventJournal({
    folder,
    pendingRecords: () => router().pendingRecords(),
    onError: (error) => log('error', 'event-grid', `Events could not be written to ${folder}: ${error.message}`),
  });
  for (const damage of journal.damage) log('warning', 'event-grid', damage);
  return journal;
}
