import { z } from 'zod';

/**
 * Every app setting that the app reads, and what it is for. A connection is one prefix: locally the prefix itself holds a
 * connection string; in Azure the identity-based settings hold where the service is, and no key exists. The Functions
 * triggers read the same prefixes (functions-host: "Identity-based connections").
 */
export const declaredSettings = {
  AzureWebJobsStorage: 'Storage, by connection string',
  AzureWebJobsStorage__blobServiceUri: 'Blob Storage, by identity',
  AzureWebJobsStorage__queueServiceUri: 'Queue Storage, by identity',
  AzureWebJobsStorage__tableServiceUri: 'Table Storage, by identity',
  AzureWebJobsStorage__clientId: 'client id of the user-assigned identity',
  ServiceBusConnection: 'Service Bus, by connection string',
  ServiceBusConnection__fullyQualifiedNamespace: 'Service Bus, by identity',
  ServiceBusConnection__clientId: 'client id of the user-assigned identity',
  EventHubsConnection: 'Event Hubs, by connection string',
  EventHubsConnection__fullyQualifiedNamespace: 'Event Hubs, by identity',
  EventHubsConnection__clientId: 'client id of the user-assigned identity',
  OperationsTopic__topicEndpointUri: 'endpoint of the Event Grid topic `operations`',
  OperationsTopic__topicKey: 'its key; locally only: in Azure the topic takes identities and no keys',
  OperationsTopic__clientId: 'client id of the user-assigned identity',
  SMTP_HOST: 'where mail is handed over',
  SMTP_PORT: 'and its port',
  MAIL_FROM: 'sender of every mail',
  MAIL_TO: 'who gets alerts and the outcome of photos',
  IDLE_QUEUE_WAKE_UP: "what wakes the idle queue's function: `events` (Event Grid; a Premium namespace) or `timer`",
  APPLICATIONINSIGHTS_CONNECTION_STRING: 'where telemetry goes; without it there is none',
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'as which identity it is sent: `Authorization=AAD;ClientId=…`',
} as const;

export type SettingName = keyof typeof declaredSettings;
type Environment = Readonly<Partial<Record<string, string>>>;

export interface Identity {
  /** Undefined: the credentials of the developer, or the system-assigned identity. */
  readonly clientId: string | undefined;
}
export type ByKeyOrIdentity<Where> = { readonly connectionString: string } | (Where & Identity);

export interface Settings {
  readonly storage: ByKeyOrIdentity<{
    readonly blobServiceUri: string;
    readonly queueServiceUri: string;
    readonly tableServiceUri: string;
  }>;
  readonly serviceBus: ByKeyOrIdentity<{ readonly fullyQualifiedNamespace: string }>;
  readonly eventHubs: ByKeyOrIdentity<{ readonly fullyQualifiedNamespace: string }>;
  readonly operationsTopic: { readonly endpoint: string; readonly key: string | undefined } & Identity;
  readonly mail: { readonly host: string; readonly port: number; readonly from: string; readonly to: string };
  readonly idleQueueWakeUp: 'events' | 'timer';
  readonly telemetry: TelemetrySettings | undefined;
}

export interface TelemetrySettings extends Identity {
  readonly connectionString: string;
}

/** All that is wrong with the settings, at once: name by name. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(problems: readonly string[]) {
    super(`The app settings are not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/**
 * The environment as typed settings. Called once, in the composition root.
 *
 * @throws SettingsError with every setting that is missing or malformed
 */
export function readSettings(environment: Environment): Settings {
  const problems: string[] = [];

  function read<T>(name: SettingName, schema: z.ZodType<T>): T {
    const parsed = schema.safeParse(environment[name] || undefined);
    if (parsed.success) return parsed.data;
    problems.push(
      `${name} (${declaredSettings[name]}): ${parsed.error.issues.map(({ message }) => message).join(', ')}`,
    );
    return undefined as T; // Never seen: problems end in an error below.
  }

  const text = z.string('is missing').min(1);
  const uri = z.url('must be a URL');
  const clientId = (name: SettingName) => read(name, text.optional());

  function namespace(prefix: 'ServiceBusConnection' | 'EventHubsConnection') {
    const connectionString = environment[prefix];
    if (connectionString) return { connectionString };
    if (!environment[`${prefix}__fullyQualifiedNamespace`]) {
      problems.push(`${prefix} or ${prefix}__fullyQualifiedNamespace: is missing`);
    }
    const fullyQualifiedNamespace = environment[`${prefix}__fullyQualifiedNamespace`] ?? '';
    return { fullyQualifiedNamespace, clientId: clientId(`${prefix}__clientId`) };
  }

  const settings: Settings = {
    storage: environment.AzureWebJobsStorage
      ? { connectionString: environment.AzureWebJobsStorage }
      : {
          blobServiceUri: read('AzureWebJobsStorage__blobServiceUri', uri),
          queueServiceUri: read('AzureWebJobsStorage__queueServiceUri', uri),
          tableServiceUri: read('AzureWebJobsStorage__tableServiceUri', uri),
          clientId: clientId('AzureWebJobsStorage__clientId'),
        },
    serviceBus: namespace('ServiceBusConnection'),
    eventHubs: namespace('EventHubsConnection'),
    operationsTopic: {
      endpoint: read('OperationsTopic__topicEndpointUri', uri),
      key: read('OperationsTopic__topicKey', text.optional()),
      clientId: clientId('OperationsTopic__clientId'),
    },
    mail: {
      host: read('SMTP_HOST', text),
      port: read('SMTP_PORT', z.coerce.number('must be a port number').int().min(1).max(65535)),
      from: read('MAIL_FROM', text),
      to: read('MAIL_TO', text),
    },
    idleQueueWakeUp: read(
      'IDLE_QUEUE_WAKE_UP',
      z.enum(['events', 'timer'], 'must be events or timer').default('events'),
    ),
    telemetry: readTelemetrySettings(environment),
  };
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/**
 * Where telemetry goes; undefined on a developer's machine. Read apart from the rest, for it is wanted also when the rest is
 * wrong: that is when somebody looks.
 */
export function readTelemetrySettings(environment: Environment): TelemetrySettings | undefined {
  const connectionString = environment.APPLICATIONINSIGHTS_CONNECTION_STRING;
  const authentication = environment.APPLICATIONINSIGHTS_AUTHENTICATION_STRING ?? '';
  const clientId = /(?:^|;)\s*ClientId=([^;\s]+)/i.exec(authentication)?.[1];
  return connectionString ? { connectionString, clientId } : undefined;
}
