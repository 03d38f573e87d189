import { randomUUID } from 'node:crypto';
import { redirectEventGridUrls } from './app-settings.ts';
import { DEVELOPMENT_RULE } from './auth/index.ts';
import { startBrokers } from './brokers.ts';
import { type Clock, RealClock } from './clock/index.ts';
import { allOrFirstError, Closing } from './closing.ts';
import { claimDataFolder } from './data-folder.ts';
import { type EventGrid, startEventGrid } from './event-grid/index.ts';
import type { EventHubs } from './event-hubs/index.ts';
import type { CorsPolicy, FunctionInfo, FunctionsHost } from './functions-host/index.ts';
import type { Log } from './log.ts';
import { DYNAMIC_PORTS, type Ports } from './ports.ts';
import type { ReadyDocument } from './ready-document.ts';
import type { ServiceBus } from './service-bus/index.ts';
import type { Management } from './service-bus/protocol/http/index.ts';
import { type MailSink, startMailSink } from './smtp/index.ts';
import { explainStartError } from './start-error.ts';
import { type Storage, startStorage } from './storage/index.ts';
import { toServiceBusEvent } from './system-events.ts';
import { emptyTopology, type Topology } from './topology/index.ts';

export interface LocalCloudOptions {
  /** The built Functions app to run; default none. */
  readonly appFolder?: string | null;
  /** The app's settings, over those of the environment; connections that nobody sets mean this cloud. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Which pages of other origins may call the app; default none. */
  readonly cors?: CorsPolicy | undefined;
  /** Default: no entities. `parseTopology` reads one. */
  readonly topology?: Topology;
  /** Where everything lives between runs; default null: in memory. */
  readonly dataFolder?: string | null;
  /** Those that are not named are free ones. Service Bus and Event Hubs may share one. */
  readonly ports?: Partial<Ports>;
  /** `none`: everybody may do everything, with any key or none. Default `sas`: signatures are checked, as in Azure. */
  readonly authentication?: 'sas' | 'none';
  /** Default: real time. */
  readonly clock?: Clock;
  /** Entities come to be when a client first names them; default false, as in Azure. */
  readonly createMissing?: boolean;
  /** Ends a start that is still going on: what has been started is stopped, and the promise rejects with the reason. */
  readonly signal?: AbortSignal;
  /** Default: silence. */
  readonly log?: Log;
}

/** A running cloud: brokers, storage, Event Grid, mail, and the app if there is one. */
export interface LocalCloud {
  readonly ports: Ports;
  readonly storage: Storage;
  readonly serviceBus: ServiceBus;
  readonly eventHubs: EventHubs;
  readonly eventGrid: EventGrid;
  readonly management: Management;
  /** What AMQPS and HTTPS show, PEM, for clients to trust. */
  certificate(): Promise<string>;
  readonly mail: MailSink;
  /** null without an app. */
  readonly functions: FunctionsHost | null;
  /** Addresses and connection strings: what the ready file says. */
  readonly ready: ReadyDocument;
  /** Stops everything: no port, file, timer or process stays. */
  close(): Promise<void>;
}

/**
 * Starts the local cloud; resolves when everything listens and the app's triggers run.
 * @throws StartError (or FunctionsHostError) with a sentence for the user; nothing stays behind then
 */
export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const wanted: Ports = { ...DYNAMIC_PORTS, ...options.ports };
  const dataFolder = typeof options.dataFolder === 'string' ? claimDataFolder(options.dataFolder) : undefined;
  const closing = new Closing(dataFolder);
  try {
    return await start(options, wanted, dataFolder?.path ?? null, closing);
  } catch (error) {
    await closing.close();
    throw explainStartError(error, options.dataFolder ?? null, [
      { part: 'Blob storage', port: wanted.blob, option: '--blob-port' },
      { part: 'Queue storage', port: wanted.queue, option: '--queue-port' },
      { part: 'Table storage', port: wanted.table, option: '--table-port' },
      { part: 'Service Bus', port: wanted.serviceBus, option: '--service-bus-port' },
      { part: 'Event Hubs', port: wanted.eventHubs, option: '--event-hubs-port' },
      { part: 'Service Bus management', port: wanted.management, option: '--management-port' },
      { part: 'Event Grid', port: wanted.eventGrid, option: '--event-grid-port' },
      { part: 'The Functions host', port: wanted.functions, option: '--functions-port' },
      { part: 'The mail server', port: wanted.smtp, option: '--smtp-port' },
    ]);
  }
}

async function start(
  options: LocalCloudOptions,
  wanted: Ports,
  dataFolder: string | null,
  closing: Closing,
): Promise<LocalCloud> {
  const { topology = emptyTopology, createMissing = false, log = () => undefined } = options;
  const clock = options.clock ?? new RealClock();
  let isReady = false;

  const storageStarted = closing.track(
    'storage',
    startStorage({
      blobPort: wanted.blob,
      queuePort: wanted.queue,
      tablePort: wanted.table,
      dataFolder,
      topology: topology.storage,
      clock,
      log,
    }),
  );
  const mailStarted = closing.track('servers', startMailSink({ port: wanted.smtp, dataFolder, clock, log }));
  const brokersStarted = startBrokers({
    ports: wanted,
    authentication: options.authentication ?? 'sas',
    topology,
    createMissing,
    dataFolder,
    clock,
    log,
    isReady: () => isReady,
    closing,
  });
  const eventGridStarted = closing.track(
    'servers',
    startEventGrid({
      port: wanted.eventGrid,
      clock,
      topology: topology.eventGrid,
      newId: randomUUID,
      random: Math.random,
      log,
      dataFolder,
      // Events that waited in the journal may go out before the others listen: each destination waits for its part.
      destinations: {
        serviceBus: async (entity, message) => (await brokersStarted).serviceBus.deliver(entity, message),
        eventHub: async (hub, event) => (await brokersStarted).eventHubs.deliver(hub, event),
        storageQueue: async (queue, text, ttlSeconds) =>
          (await storageStarted).sendQueueMessage(queue, text, ttlSeconds),
      },
      deadLetter: async (container, blobName, json) =>
        (await storageStarted).putBlob(container, blobName, Buffer.from(json), 'application/json'),
    }),
  );

  const [storage, mail, brokers, eventGrid] = await allOrFirstError([
    storageStarted,
    mailStarted,
    brokersStarted,
    eventGridStarted,
  ]);
  options.signal?.throwIfAborted();
  const { serviceBus, management } = brokers;
  const url = (port: number) => `sb://localhost:${port}`;
  const withKey = `;SharedAccessKeyName=${DEVELOPMENT_RULE.name};SharedAccessKey=${DEVELOPMENT_RULE.primaryKey};UseDevelopmentEmulator=true;`;
  const connectionStrings = {
    serviceBus: {
      connectionString: `Endpoint=${url(brokers.serviceBusServer.port)}${withKey}`,
      administrationConnectionString: `Endpoint=${url(management.port)}${withKey}`,
      managementUrl: management.url,
      ...(management.tlsUrl && { managementTlsUrl: management.tlsUrl }),
      ...(brokers.certificateFile && { certificateFile: brokers.certificateFile }),
    },
    eventHubs: { connectionString: `Endpoint=${url(brokers.eventHubsServer.port)}${withKey}` },
  };

  storage.onBlobEvent((event) =>
    eventGrid.publishSystemEvent('Microsoft.Storage.StorageAccounts', { ...event, data: { ...event.data } }),
  );
  brokers.eventHubs.onCaptureFile((event) => eventGrid.publishSystemEvent('Microsoft.EventHub.Namespaces', event));
  brokers.eventHubs.startCapture({
    blobUrl: storage.blobUrl,
    writeBlob: (container, name, bytes) => storage.putBlob(container, name, bytes, 'application/octet-stream'),
  });
  serviceBus.onAvailability((event) =>
    eventGrid.publishSystemEvent(
      'Microsoft.ServiceBus.Namespaces',
      toServiceBusEvent(event, randomUUID(), management.url),
    ),
  );

  const functions = options.appFolder ? await startApp(options.appFolder) : null;
  isReady = true;

  async function startApp(appFolder: string): Promise<FunctionsHost> {
    // Loaded now and not before: the brokers need none of the Azure SDKs that it brings along.
    const { startFunctionsHost } = await import('./functions-host/index.ts');
    const given = { ...environment(), ...options.settings };
    const ourMail: Record<string, string> = given.SMTP_HOST
      ? {}
      : { SMTP_HOST: mail.host, SMTP_PORT: String(mail.port) };
    const host = await closing.track(
      'app',
      startFunctionsHost({
        appFolder,
        settings: redirectEventGridUrls({ ...given, ...ourMail }, eventGrid.url),
        port: wanted.functions,
        ...(options.cors && { cors: options.cors }),
        clock,
        log,
        signal: options.signal,
        cloud: {
          storage: storage.connectionString,
          serviceBus: connectionStrings.serviceBus.connectionString,
          serviceBusAdministration: connectionStrings.serviceBus.administrationConnectionString,
          eventHubs: connectionStrings.eventHubs.connectionString,
          eventGridTopics: eventGrid.topics,
        },
        onFunctions: (list) => eventGrid.setBlobFunctions(list.filter(isEventGridBlob).map((info) => info.name)),
      }),
    );
    eventGrid.setFunctionsUrl(host.url);
    closing.before('app', () => eventGrid.setFunctionsUrl(undefined));
    return host;
  }

  return {
    ports: {
      blob: portOf(storage.blobUrl),
      queue: portOf(storage.queueUrl),
      table: portOf(storage.tableUrl),
      serviceBus: brokers.serviceBusServer.port,
      eventHubs: brokers.eventHubsServer.port,
      management: management.port,
      eventGrid: eventGrid.port,
      functions: functions?.port ?? 0,
      smtp: mail.port,
    },
    storage,
    serviceBus,
    eventHubs: brokers.eventHubs,
    eventGrid,
    management,
    certificate: async () => (await brokers.certificate()).cert,
    mail,
    functions,
    ready: {
      version: 1,
      pid: process.pid,
      storage: {
        connectionString: storage.connectionString,
        blobUrl: storage.blobUrl,
        queueUrl: storage.queueUrl,
        tableUrl: storage.tableUrl,
      },
      ...connectionStrings,
      eventGrid: {
        url: eventGrid.url,
        topics: Object.fromEntries(
          eventGrid.topics.map(({ name, endpoint, key, inputSchema }) => [name, { endpoint, key, inputSchema }]),
        ),
      },
      functions: functions && { url: functions.url },
      mail: { host: mail.host, port: mail.port },
      settings: ownSettings(functions?.settings ?? options.settings ?? {}, options.settings ?? {}),
    },
    close: () => closing.close(),
  };
}

function environment(): Record<string, string> {
  const set = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(set);
}

const portOf = (url: string): number => Number(new URL(url).port);

function isEventGridBlob({ trigger }: FunctionInfo): boolean {
  return trigger.type.toLowerCase() === 'blobtrigger' && String(trigger.source).toLowerCase() === 'eventgrid';
}

/** Without what the app merely inherits: nobody's PATH or secrets belong in a file. */
function ownSettings(
  seen: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(seen).filter(([name, value]) => name in given || process.env[name] !== value),
  );
}
