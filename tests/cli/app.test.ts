import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { holdPort, outcomeOf, runCli, spawnCli, startCli, stopAll, withFolder } from './support.ts';

afterEach(stopAll);

/** An app with a trigger of each kind, one leading to the next. */
const seven = fileURLToPath(new URL('../functions-host/apps/seven', import.meta.url));

const library = createRequire(import.meta.url).resolve('@azure/functions');

const entities = {
  storage: { containers: [{ name: 'prints' }], queues: [{ name: 'jobs' }] },
  serviceBus: { queues: [{ name: 'orders' }] },
  eventHubs: { hubs: [{ name: 'readings', partitionCount: 1 }] },
  eventGrid: {
    topics: [
      {
        name: 'routing',
        inputSchema: 'CloudEventSchemaV1_0',
        eventSubscriptions: [{ name: 'to-route', destination: { endpointType: 'AzureFunction', name: 'route' } }],
      },
    ],
    systemTopics: [
      {
        name: 'prints-created',
        topicType: 'Microsoft.Storage.StorageAccounts',
        eventSubscriptions: [
          {
            name: 'to-deliver',
            destination: { endpointType: 'AzureFunction', name: 'deliver' },
            filter: { includedEventTypes: ['Microsoft.Storage.BlobCreated'] },
          },
        ],
      },
    ],
  },
};
/** The topic where the default port would be: it means this cloud, wherever it listens. */
const env = { TOPIC_URI: 'http://localhost:6001/routing/api/events' };

async function withEntities<T>(change: Record<string, unknown>, use: (file: string, folder: string) => Promise<T>) {
  return withFolder(async (folder) => {
    const file = join(folder, 'entities.json');
    await writeFile(file, JSON.stringify({ ...entities, ...change }));
    return use(file, folder);
  });
}

describe('crossover start with an app', () => {
  test('an order goes through all seven triggers, over free ports, with no setting but one', async () => {
    await withEntities({}, async (file, folder) => {
      const readyFile = join(folder, 'ready.json');
      const args = [
        'start',
        seven,
        '--json',
        '--in-memory',
        '--dynamic-ports',
        '--topology',
        file,
        '--ready-file',
        readyFile,
      ];
      const child = spawnCli(args, { env });
      const ended = outcomeOf(child);
      const delivered = new Promise<string>((resolve) => {
        createInterface({ input: child.stdout! }).on('line', async (line) => {
          const entry = JSON.parse(line);
          if (entry.event === 'ready')
            await fetch(`${entry.functions.url}/api/submit`, { method: 'POST', body: '{"id":"order-1","by":[]}' });
          const found = /RECORD delivered (.*)/.exec(entry.text ?? '');
          if (found) resolve(found[1]!);
        });
      });

      expect(JSON.parse(await delivered)).toEqual({
        id: 'order-1',
        by: ['http', 'serviceBus', 'eventHub', 'eventGrid', 'queue', 'blob'],
        path: 'order-1',
      });
      const ready = JSON.parse(await readFile(readyFile, 'utf8'));
      expect(ready.settings).toMatchObject({
        Bus: ready.serviceBus.connectionString,
        Hubs: ready.eventHubs.connectionString,
        Files: ready.storage.connectionString,
        AzureWebJobsStorage: ready.storage.connectionString,
        TOPIC_URI: ready.eventGrid.topics.routing.endpoint,
        TOPIC_KEY: ready.eventGrid.topics.routing.key,
        SMTP_PORT: `${ready.mail.port}`,
      });
      expect(ready.settings).not.toHaveProperty('PATH');

      child.kill('SIGINT');
      expect(await ended).toMatchObject({ code: 0, stderr: '' });
      await expect(fetch(`${ready.functions.url}/admin/host/status`)).rejects.toThrow();
    });
  });

  test('an app that does not load: why, code 1, nothing left', async () => {
    await withFolder(async (cwd) => {
      await writeFile(join(cwd, 'host.json'), '{"version": "2.0"}');
      await writeFile(join(cwd, 'package.json'), '{"main": "app.cjs"}');
      await writeFile(join(cwd, 'app.cjs'), "throw new Error('no database');");

      const { code, stderr } = await runCli(['start', '--dynamic-ports', '--data', 'd'], { cwd });

      expect(stderr).toContain('no database');
      expect(stderr).not.toContain('defect of crossover');
      expect(code).toBe(1);
    });
  });
});

describe('crossover check', () => {
  const dynamic = Object.entries({
    'blob-port': 0,
    'queue-port': 0,
    'table-port': 0,
    'service-bus-port': 0,
    'event-hubs-port': 0,
    'management-port': 0,
    'event-grid-port': 0,
    'functions-port': 0,
  }).flatMap(([name, port]) => [`--${name}`, `${port}`]);

  test('finds nothing where all fits', async () => {
    await withEntities({}, async (file) => {
      const outcome = await runCli(['check', seven, '--topology', file, ...dynamic], { env });

      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout).toMatch(/^Nothing found/);
    });
  });

  test('names every undeclared entity, missing setting and idle event trigger', async () => {
    const change = {
      serviceBus: { queues: [{ name: 'order', requiresSession: true }] },
      eventGrid: { topics: [{ name: 'routing' }] },
    };
    await withEntities(change, async (file) => {
      const { code, stdout } = await runCli(['check', seven, '--topology', file, ...dynamic]);

      expect(stdout.trimEnd().split('\n').sort()).toEqual([
        'function deliver: no event subscription delivers to it; add one with "endpointType": "AzureFunction" to eventGrid in topology.json',
        'function measure: the setting TOPIC_KEY, named by its Event Grid output, is not set; add it to local.settings.json',
        'function measure: the setting TOPIC_URI, named by its Event Grid output, is not set; add it to local.settings.json',
        'function route: no event subscription delivers to it; add one with "endpointType": "AzureFunction" to eventGrid in topology.json',
        'function submit: there is no Service Bus queue or topic "orders"; did you mean "order"?',
        'function take: there is no Service Bus queue "orders"; did you mean "order"?',
      ]);
      expect(code).toBe(1);
    });
  });

  test('sees sessions that only one side knows of', async () => {
    await withEntities({ serviceBus: { queues: [{ name: 'orders', requiresSession: true }] } }, async (file) => {
      const { stdout } = await runCli(['check', seven, '--topology', file, ...dynamic], { env });

      expect(stdout).toBe(
        'function take: the queue "orders" has sessions, and the trigger does not ask for them; set isSessionsEnabled: true\n',
      );
    });
  });

  test('sees ports in use', async () => {
    const held = await holdPort();
    await withEntities({}, async (file) => {
      const { code, stdout } = await runCli(
        ['check', seven, '--topology', file, ...dynamic.map((each, index) => (index === 9 ? `${held.port}` : each))],
        { env },
      );

      expect(stdout).toBe(
        `port ${held.port}: Event Hubs (--event-hubs-port) cannot have it: it is in use; stop the program that uses it, or choose another port\n`,
      );
      expect(code).toBe(1);
    });
    await held.release();
  });

  test('passes on what is wrong with the entities, and goes on', async () => {
    await withEntities({ servicebus: {} }, async (file) => {
      const { stdout } = await runCli(['check', seven, '--json', '--topology', file, ...dynamic], { env });

      const { findings } = JSON.parse(stdout);
      expect(findings).toHaveLength(1);
      expect(findings[0].problem).toMatch(/unknown key "servicebus"; did you mean "serviceBus"\?$/);
    });
  });

  test('takes a queue that the app itself makes as there', async () => {
    await withFolder(async (cwd) => {
      await writeFile(join(cwd, 'host.json'), '{"version": "2.0"}');
      await writeFile(join(cwd, 'package.json'), '{"main": "app.cjs"}');
      await writeFile(
        join(cwd, 'app.cjs'),
        `const { app, output } = require(${JSON.stringify(library)});
         const jobs = output.storageQueue({ queueName: 'jobs', connection: '' });
         const files = output.storageBlob({ path: 'files/{rand-guid}', connection: '' });
         app.http('submit', { extraOutputs: [jobs, files], handler: () => ({}) });
         app.storageQueue('work', { queueName: 'jobs', connection: '', handler() {} });
         app.storageQueue('bury', { queueName: 'jobs-poison', connection: '', handler() {} });
         app.storageBlob('read', { path: 'files/{name}', connection: '', handler() {} });`,
      );

      expect(await runCli(['check', ...dynamic], { cwd })).toMatchObject({ code: 0 });
    });
  });

  test('says what does not run here', async () => {
    await withFolder(async (cwd) => {
      await writeFile(join(cwd, 'host.json'), '{"version": "2.0"}');
      await writeFile(join(cwd, 'package.json'), '{"main": "app.cjs"}');
      await writeFile(
        join(cwd, 'app.cjs'),
        `const { app, output } = require(${JSON.stringify(library)});
         app.cosmosDB('follow', { connection: 'Db', databaseName: 'd', containerName: 'c', handler() {} });
         const rows = output.sql({ commandText: 'dbo.Rows', connectionStringSetting: 'Sql' });
         app.http('store', { extraOutputs: [rows], handler: () => ({}) });`,
      );

      const { code, stdout } = await runCli(['check', ...dynamic], { cwd });

      expect(stdout.trimEnd().split('\n').sort()).toEqual([
        'function follow: the trigger "cosmosDBTrigger" is not implemented; the function does not run here',
        'function store: the output binding "sql" is not implemented; the function does not run here',
      ]);
      expect(code).toBe(1);
    });
  });

  test.each(['topology.json', 'infra/topology.json'])("reads the app's own %s", async (name) => {
    await withFolder(async (cwd) => {
      await writeFile(join(cwd, 'host.json'), '{"version": "2.0"}');
      await writeFile(join(cwd, 'package.json'), '{"main": "app.cjs"}');
      await writeFile(
        join(cwd, 'app.cjs'),
        `require(${JSON.stringify(library)}).app.serviceBusQueue('take', { queueName: 'orders', handler() {} });`,
      );
      await mkdir(dirname(join(cwd, name)), { recursive: true });
      await writeFile(join(cwd, name), JSON.stringify({ serviceBus: { queues: [{ name: 'order' }] } }));

      const { stdout } = await runCli(['check', ...dynamic], { cwd });

      expect(stdout).toBe('function take: there is no Service Bus queue "orders"; did you mean "order"?\n');
    });
  });
});

describe('crossover settings', () => {
  test('for a cloud on the default ports, with every connection that the app names', async () => {
    await withEntities({}, async () => {
      const { code, stdout } = await runCli(['settings', seven], { env });

      expect(JSON.parse(stdout)).toMatchObject({
        IsEncrypted: false,
        Values: {
          FUNCTIONS_WORKER_RUNTIME: 'node',
          AzureWebJobsStorage: expect.stringContaining('BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;'),
          Bus: expect.stringContaining('Endpoint=sb://localhost:5672;'),
          Hubs: expect.stringContaining('Endpoint=sb://localhost:5673;'),
        },
      });
      expect(code).toBe(0);
    });
  });

  test('for the cloud that runs on the folder, wherever it listens', async () => {
    await withEntities({}, async (file, cwd) => {
      const data = ['--data', join(cwd, 'd')];
      const { ready } = await startCli(['--no-app', '--dynamic-ports', ...data, '--topology', file], { cwd });

      const { stdout, stderr } = await runCli(['settings', seven, ...data], { env });

      const { Values } = JSON.parse(stdout);
      expect(Values).toMatchObject({
        AzureWebJobsStorage: ready.storage.connectionString,
        Bus: ready.serviceBus.connectionString,
        Hubs: ready.eventHubs.connectionString,
        SMTP_PORT: `${ready.mail.port}`,
      });
      expect(stderr).not.toContain('No running cloud');
    });
  });
});
