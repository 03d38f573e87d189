import { describe, expect, it } from 'vitest';
import { findConnection } from '../../local/functions-host/connection.ts';
import { parseHostJson } from '../../local/functions-host/host-json.ts';
import { type FunctionInfo, resolveConnections, resolveSettings } from '../../local/functions-host/index.ts';

const cloud = {
  storage:
    'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;QueueEndpoint=http://127.0.0.1:20001/devstoreaccount1;',
  serviceBus:
    'Endpoint=sb://localhost:25672;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;',
  serviceBusAdministration:
    'Endpoint=sb://localhost:25300;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;',
  eventHubs:
    'Endpoint=sb://localhost:25673;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;',
  eventGridTopics: [{ name: 'operations', endpoint: 'http://127.0.0.1:26001/operations/api/events', key: 'k1' }],
};
const emulator = (host: string, rest = '') =>
  `Endpoint=sb://${host};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;${rest}`;

describe('settings that mean this cloud', () => {
  it.each([
    ['AzureWebJobsStorage', 'UseDevelopmentStorage=true', cloud.storage],
    ['Bus', emulator('localhost'), cloud.serviceBus],
    ['Bus', emulator('127.0.0.1:5672'), cloud.serviceBus],
    ['BusAdmin', emulator('localhost:5300'), cloud.serviceBusAdministration],
    ['Hubs', emulator('localhost:5673'), cloud.eventHubs],
    ['EventHubConnection', emulator('localhost'), cloud.eventHubs],
    ['EVENT_HUBS', emulator('localhost', 'EntityPath=readings'), `${cloud.eventHubs}EntityPath=readings`],
    // A wrong key must not become the right one.
    [
      'Bus',
      'Endpoint=sb://localhost;SharedAccessKeyName=reader;SharedAccessKey=r=;UseDevelopmentEmulator=true;',
      'Endpoint=sb://localhost:25672;SharedAccessKeyName=reader;SharedAccessKey=r=;UseDevelopmentEmulator=true;',
    ],
  ])('%s=%s', (name, value, resolved) => {
    const { settings, lines } = resolveSettings({ [name]: value }, cloud);
    expect(settings).toEqual({ [name]: resolved });
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^${name} means .* of this cloud`))]);
  });

  it.each([
    ['Bus', emulator('localhost:6672')],
    ['Bus', 'Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=b'],
    ['AzureWebJobsStorage', 'DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=x'],
    ['GREETING', 'hello'],
  ])('%s=%s stays as it is', (name, value) => {
    expect(resolveSettings({ [name]: value }, cloud)).toEqual({ settings: { [name]: value }, lines: [] });
  });

  it('a cloud without the part leaves the value alone', () => {
    const values = { AzureWebJobsStorage: 'UseDevelopmentStorage=true' };
    expect(resolveSettings(values, {})).toEqual({ settings: values, lines: [] });
  });
});

describe('connections that functions name', () => {
  const info = (name: string, ...bindings: object[]): FunctionInfo =>
    ({ name, bindings: Object.fromEntries(bindings.map((binding, index) => [String(index), binding])) }) as never;

  it('point here when nobody sets them, with a line that says so', () => {
    const { settings, lines } = resolveConnections(
      [
        info('a', { type: 'serviceBusTrigger', connection: 'Bus' }, { type: 'queue', connection: 'Files' }),
        info('b', { type: 'eventHubTrigger', connection: 'Hubs' }, { type: 'blob' }),
        info('c', { type: 'serviceBusTrigger', connection: 'Real' }, { type: 'queue', connection: 'Identity' }),
      ],
      { Real: 'Endpoint=sb://shop.servicebus.windows.net/;…', Identity__queueServiceUri: 'https://shop' },
      cloud,
    );
    expect(settings).toEqual({
      AzureWebJobsStorage: cloud.storage,
      Bus: cloud.serviceBus,
      Files: cloud.storage,
      Hubs: cloud.eventHubs,
      Real: 'Endpoint=sb://shop.servicebus.windows.net/;…',
      Identity__queueServiceUri: 'https://shop',
    });
    expect(lines).toContain('Bus, named by a, is not set: it means Service Bus of this cloud.');
  });

  it('an emulator’s string that an Event Hubs trigger uses means Event Hubs', () => {
    const withKey = (text: string) => text.replace('SAS_KEY_VALUE', 'another');
    const written = { Telemetry: emulator('localhost'), Other: withKey(emulator('localhost:5672')) };
    const { settings } = resolveSettings(written, cloud);
    expect(settings).toEqual({ Telemetry: cloud.serviceBus, Other: withKey(cloud.serviceBus) });
    const functions = [
      info('average', { type: 'eventHubTrigger', connection: 'Telemetry' }),
      info('peak', { type: 'eventHubTrigger', connection: 'Other' }),
    ];
    expect(resolveConnections(functions, settings, cloud).settings).toMatchObject({
      Telemetry: cloud.eventHubs,
      Other: withKey(cloud.eventHubs),
    });
  });

  it('an identity at an address of this machine means this cloud, one of Azure stays what it is', () => {
    const identities = {
      AzureWebJobsStorage__accountName: 'devstoreaccount1',
      Bus__fullyQualifiedNamespace: 'localhost',
      Bus__credential: 'managedidentity',
      Hubs__fullyQualifiedNamespace: '127.0.0.1:5673',
      Files__blobServiceUri: 'http://127.0.0.1:10000/devstoreaccount1',
      Files__queueServiceUri: 'http://127.0.0.1:10001/devstoreaccount1',
      Real__fullyQualifiedNamespace: 'shop.servicebus.windows.net',
    };
    const functions = [
      info('a', { type: 'serviceBusTrigger', connection: 'Bus' }, { type: 'eventHub', connection: 'Hubs' }),
      info('b', { type: 'blobTrigger', connection: 'Files' }, { type: 'serviceBus', connection: 'Real' }),
    ];

    const { settings } = resolveConnections(functions, identities, cloud);

    expect(settings).toEqual({
      ...identities,
      AzureWebJobsStorage: cloud.storage,
      Bus: cloud.serviceBus,
      Hubs: cloud.eventHubs,
      Files: cloud.storage,
    });
  });

  it('an Event Grid output gets the key of the local topic that its URI names', () => {
    const output = { type: 'eventGrid', topicEndpointUri: 'URI', topicKeySetting: 'KEY' };
    const functions = [info('publish', output, { type: 'eventGrid', connection: 'Topic' })];
    const { settings } = resolveConnections(
      functions,
      {
        URI: 'http://localhost:26001/operations/api/events',
        Topic__topicEndpointUri: 'http://127.0.0.1:26001/operations/api/events',
      },
      cloud,
    );
    expect(settings).toMatchObject({ KEY: 'k1', Topic__topicKey: 'k1' });
    const real = resolveConnections(functions, { URI: 'https://real.eventgrid.azure.net/api/events' }, cloud);
    expect(real.settings).not.toHaveProperty('KEY');
  });
});

describe('a connection is found', () => {
  it.each<[Record<string, string>, object]>([
    [{ Bus: 'Endpoint=…' }, { kind: 'string', connectionString: 'Endpoint=…' }],
    [
      { AzureWebJobsBus: 'with prefix', Bus: 'without' },
      { kind: 'string', connectionString: 'with prefix' },
    ],
    [{ ConnectionStrings__Bus: 'in its section' }, { kind: 'string', connectionString: 'in its section' }],
    [
      { Bus__fullyQualifiedNamespace: 'shop.servicebus.windows.net', Bus__clientId: 'c', Bus2: 'other' },
      { kind: 'identity', section: { fullyQualifiedNamespace: 'shop.servicebus.windows.net', clientId: 'c' } },
    ],
  ])('in %j', (settings, found) => expect(findConnection('Bus', settings)).toEqual(found));

  it('or its name and the remedy are said', () => {
    expect(() => findConnection('Bus', { Bus2: 'x' })).toThrow(/"Bus" is not set: add the app setting Bus/);
  });
});

describe('host.json', () => {
  const parse = (value: unknown, settings = {}) => {
    const warnings: string[] = [];
    return { hostJson: parseHostJson(value, settings, (text) => warnings.push(text)), warnings };
  };

  it('every default is the real host’s', () => {
    const { hostJson, warnings } = parse({ version: '2.0' });
    expect(warnings).toEqual([]);
    expect(hostJson.extensions).toEqual({
      serviceBus: {
        prefetchCount: 0,
        autoCompleteMessages: true,
        maxAutoLockRenewalDuration: 300_000,
        maxConcurrentCalls: 16,
        maxConcurrentSessions: 8,
        maxConcurrentCallsPerSession: 1,
        maxMessageBatchSize: 1000,
        minMessageBatchSize: 1,
        maxBatchWaitTime: 30_000,
        enableCrossEntityTransactions: false,
      },
      eventHubs: {
        maxEventBatchSize: 100,
        minEventBatchSize: 1,
        maxWaitTime: 60_000,
        batchCheckpointFrequency: 1,
        prefetchCount: 300,
        initialOffsetOptions: { type: 'fromStart' },
      },
      queues: {
        maxPollingInterval: 2000,
        visibilityTimeout: 0,
        batchSize: 16,
        maxDequeueCount: 5,
        messageEncoding: 'base64',
      },
      blobs: { poisonBlobThreshold: 5 },
      http: {
        routePrefix: 'api',
        maxOutstandingRequests: -1,
        maxConcurrentRequests: -1,
        dynamicThrottlesEnabled: false,
        customHeaders: {},
      },
    });
  });

  it('keys of older extensions and unknown ones warn, with what to use instead', () => {
    const { warnings } = parse({
      version: '2.0',
      colour: 'red',
      extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.*, 5.0.0)' },
      extensions: { serviceBus: { messageHandlerOptions: {} }, queues: { batchsize: 1 }, durableTask: {} },
    });
    expect(warnings).toEqual([
      'host.json: "colour" is not known and has no effect.',
      'host.json: "extensions.serviceBus.messageHandlerOptions" belongs to an older extension and has no effect; ' +
        'use maxConcurrentCalls, autoCompleteMessages and maxAutoLockRenewalDuration.',
      'host.json: "extensions.queues.batchsize" is not known and has no effect.',
    ]);
  });

  it.each([
    [{ version: '1.0' }, /version: must be "2.0"/],
    [{ version: '2.0', extensions: { queues: { batchSize: 33 } } }, /extensions\.queues\.batchSize/],
    [{ version: '2.0', functionTimeout: 'soon' }, /functionTimeout/],
    [
      { version: '2.0', logging: { logLevel: { default: 'Loud' } } },
      /logging\.logLevel\.default: "Loud" is no log level/,
    ],
  ])('%j is refused with the place', (value, message) => expect(() => parse(value)).toThrow(message));

  it('settings override it', () => {
    const { hostJson } = parse(
      { version: '2.0' },
      { AzureFunctionsJobHost__extensions__queues__batchSize: '4', AzureFunctionsJobHost__functionTimeout: '00:01:00' },
    );
    expect(hostJson.extensions.queues.batchSize).toBe(4);
    expect(hostJson.functionTimeout).toBe(60_000);
  });
});
