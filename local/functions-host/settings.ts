import type { FunctionInfo } from './types.ts';

/** Where the parts of this cloud are. Every part that does not run is left out. */
export interface CloudEndpoints {
  /** Connection strings, with the documented development keys. */
  readonly storage?: string;
  readonly serviceBus?: string;
  /** The Service Bus connection string for the management port. */
  readonly serviceBusAdministration?: string;
  readonly eventHubs?: string;
  readonly eventGridTopics?: readonly { readonly name: string; readonly endpoint: string; readonly key: string }[];
}

export interface ResolvedSettings {
  readonly settings: Record<string, string>;
  /** One sentence for every value that is not what the app's owner wrote. */
  readonly lines: string[];
}

/** The official emulators' ports: a connection string that names one of them means this cloud, wherever it listens. */
const defaultPorts = { amqp: ['', '5672'], eventHubs: '5673', management: '5300' };

/**
 * Turns what means "the emulator on this machine" into this cloud: `UseDevelopmentStorage=true`, and connection strings
 * with `UseDevelopmentEmulator=true` on a default port or none.
 *
 * An emulator's string on 5672 may mean Service Bus or Event Hubs; until {@link resolveConnections} knows who uses it, a name
 * or an `EntityPath` that speaks of Event Hubs decides.
 */
export function resolveSettings(values: Readonly<Record<string, string>>, cloud: CloudEndpoints): ResolvedSettings {
  const settings: Record<string, string> = {};
  const lines: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const resolved = resolveValue(name, value, cloud);
    settings[name] = resolved?.value ?? value;
    if (resolved && resolved.value !== value) lines.push(`${name} means ${resolved.part} of this cloud.`);
  }
  return { settings, lines };
}

function resolveValue(name: string, value: string, cloud: CloudEndpoints): { value: string; part: string } | undefined {
  if (/^\s*UseDevelopmentStorage\s*=\s*true\s*;?/i.test(value)) {
    return cloud.storage === undefined ? undefined : { value: cloud.storage, part: 'storage' };
  }
  if (!isEmulator(value)) return undefined;
  const port = emulatorPort(value);
  const keep = (target: string | undefined, part: string) =>
    target === undefined ? undefined : { value: atCloud(target, value), part };
  if (port === defaultPorts.management) return keep(cloud.serviceBusAdministration, 'Service Bus management');
  if (port === defaultPorts.eventHubs) return keep(cloud.eventHubs, 'Event Hubs');
  if (!defaultPorts.amqp.includes(port)) return undefined;
  return /event[-_]?hub/i.test(name) ? keep(cloud.eventHubs, 'Event Hubs') : keep(cloud.serviceBus, 'Service Bus');
}

function isEmulator(value: string): boolean {
  return /^\s*Endpoint=/i.test(value) && /;\s*UseDevelopmentEmulator\s*=\s*true/i.test(value);
}

function emulatorPort(connectionString: string): string {
  return /Endpoint=[a-z]+:\/\/(?:\[[^\]]*\]|[^:/;]*)(?::(\d+))?/i.exec(connectionString)?.[1] ?? '';
}

/** The same string at this cloud's address: who asks, with which key and for which entity stays as it was written. */
function atCloud(target: string, original: string): string {
  return original.replace(endpointPattern, endpointOf(target) ?? '');
}

const endpointPattern = /Endpoint=[^;]*/i;
const endpointOf = (connectionString: string) => endpointPattern.exec(connectionString)?.[0];

type ConnectionKind = 'storage' | 'serviceBus' | 'eventHubs';

const kindOfBinding: Record<string, ConnectionKind> = {
  queuetrigger: 'storage',
  queue: 'storage',
  blobtrigger: 'storage',
  blob: 'storage',
  table: 'storage',
  servicebustrigger: 'serviceBus',
  servicebus: 'serviceBus',
  eventhubtrigger: 'eventHubs',
  eventhub: 'eventHubs',
};
const defaultConnection: Record<ConnectionKind, string> = {
  storage: 'AzureWebJobsStorage',
  serviceBus: 'AzureWebJobsServiceBus',
  eventHubs: 'AzureWebJobsEventHub',
};
const partNames: Record<ConnectionKind, string> = {
  storage: 'storage',
  serviceBus: 'Service Bus',
  eventHubs: 'Event Hubs',
};

/**
 * Once the app has said what it binds to: every connection that a trigger or binding names and nobody sets points at this
 * cloud, and so does an Event Grid output's key setting, which follows the topic that its URI setting names.
 *
 * @param settings as {@link resolveSettings} returned them
 */
export function resolveConnections(
  functions: readonly FunctionInfo[],
  settings: Readonly<Record<string, string>>,
  cloud: CloudEndpoints,
): ResolvedSettings {
  const resolved = { ...settings };
  const lines: string[] = [];
  const set = (name: string, value: string, line: string) => {
    if (resolved[name] === value) return;
    resolved[name] = value;
    lines.push(line);
  };
  if (cloud.storage && isLocalIdentity('AzureWebJobsStorage', 'storage', resolved)) {
    set(
      'AzureWebJobsStorage',
      cloud.storage,
      'AzureWebJobsStorage is at this machine: it means storage of this cloud.',
    );
  } else if (cloud.storage && !isSet('AzureWebJobsStorage', resolved)) {
    set('AzureWebJobsStorage', cloud.storage, 'AzureWebJobsStorage is not set: it means storage of this cloud.');
  }
  for (const { name: functionName, bindings } of functions) {
    for (const binding of Object.values(bindings)) {
      const type = binding.type.toLowerCase();
      if (type === 'eventgrid') {
        resolveEventGrid(binding, resolved, cloud, set);
        continue;
      }
      const kind = kindOfBinding[type];
      const target = kind && cloud[kind];
      if (!kind || !target) continue;
      const connection = connectionName(binding.connection, kind);
      if (isLocalIdentity(connection, kind, resolved)) {
        // The connection string is looked up before the section, which stays as the app's owner wrote it.
        set(
          connection,
          target,
          `${connection} is an identity at this machine's address: it means ${partNames[kind]} of this cloud, with its key.`,
        );
      } else if (!isSet(connection, resolved)) {
        set(
          connection,
          target,
          `${connection}, named by ${functionName}, is not set: it means ${partNames[kind]} of this cloud.`,
        );
      } else if (kind === 'eventHubs' && meansServiceBus(resolved[connection], cloud)) {
        set(
          connection,
          atCloud(target, resolved[connection] ?? ''),
          `${connection} is used by ${functionName} for Event Hubs: it means Event Hubs of this cloud.`,
        );
      }
    }
  }
  return { settings: resolved, lines };
}

/** The setting that a binding's `connection` names. Without one, the extension's default. */
export function connectionName(connection: unknown, kind: ConnectionKind): string {
  return typeof connection === 'string' && connection !== '' ? connection : defaultConnection[kind];
}

/** As findConnection looks it up: a setting, or (identity) settings that start with its name; both may have a prefix. */
function isSet(connection: string, settings: Readonly<Record<string, string>>): boolean {
  return ['', 'AzureWebJobs', 'ConnectionStrings:', 'ConnectionStrings__']
    .map((prefix) => prefix + connection)
    .some(
      (name) =>
        settings[name] ||
        Object.keys(settings).some((key) => key.startsWith(`${name}__`) || key.startsWith(`${name}:`)),
    );
}

/** An identity's settings whose service is on this machine: no directory gives out tokens for it. */
function isLocalIdentity(
  connection: string,
  kind: ConnectionKind,
  settings: Readonly<Record<string, string>>,
): boolean {
  if (settings[connection] || settings[`AzureWebJobs${connection}`]) return false;
  const addresses = Object.entries(settings)
    .filter(([key]) => key.startsWith(`${connection}__`) || key.startsWith(`${connection}:`))
    .map(([key, value]) => [key.slice(connection.length).replace(/^(__|:)/, ''), value] as const)
    .filter(([key]) => addressKeys[kind].test(key))
    .map(([, value]) => value);
  return addresses.length > 0 && addresses.every((value) => localAddresses[kind].test(value));
}

const addressKeys: Record<ConnectionKind, RegExp> = {
  storage: /^(accountName|(blob|queue|table)?ServiceUri)$/i,
  serviceBus: /^fullyQualifiedNamespace$/i,
  eventHubs: /^fullyQualifiedNamespace$/i,
};
const localNamespace = /^(localhost|127\.0\.0\.1)(:\d+)?$/i;
const localAddresses: Record<ConnectionKind, RegExp> = {
  storage: /^(devstoreaccount1|https?:\/\/(localhost|127\.0\.0\.1):1000\d\/devstoreaccount1\/?)$/i,
  serviceBus: localNamespace,
  eventHubs: localNamespace,
};

function meansServiceBus(value: string | undefined, cloud: CloudEndpoints): boolean {
  return value !== undefined && cloud.serviceBus !== undefined && endpointOf(value) === endpointOf(cloud.serviceBus);
}

function resolveEventGrid(
  binding: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, string>>,
  cloud: CloudEndpoints,
  set: (name: string, value: string, line: string) => void,
): void {
  const { topicEndpointUri, topicKeySetting, connection } = binding;
  const local = (uri: string | undefined) =>
    cloud.eventGridTopics?.find(({ endpoint }) => uri !== undefined && sameTopic(endpoint, uri));
  if (typeof topicEndpointUri === 'string' && typeof topicKeySetting === 'string' && !settings[topicKeySetting]) {
    const topic = local(settings[topicEndpointUri]);
    if (topic)
      set(topicKeySetting, topic.key, `${topicKeySetting} is not set: it is the key of the local topic ${topic.name}.`);
  }
  if (typeof connection === 'string') {
    const topic = local(settings[`${connection}__topicEndpointUri`]);
    // No token is asked for on the way to a local topic: identity stands for its key.
    if (topic)
      set(
        `${connection}__topicKey`,
        topic.key,
        `${connection} publishes to the local topic ${topic.name} with its key.`,
      );
  }
}

function sameTopic(left: string, right: string): boolean {
  const normal = (text: string) =>
    text
      .toLowerCase()
      .replace(/^(https?:\/\/)localhost(?=[:/])/, '$1127.0.0.1')
      .replace(/\/+$/, '');
  return normal(left) === normal(right);
}
