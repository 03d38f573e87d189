import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';
import { findings } from './checks/all.ts';
import { type AppFacts, appFacts } from './checks/app-facts.ts';
import { topologyPath } from './checks/topology-file.ts';

let facts: AppFacts;
let copy: string;
beforeAll(async () => {
  facts = await appFacts();
});
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'infra-'));
  for (const part of ['infra', 'azure.yaml', '.funcignore', 'docs/operations.md']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

/** Changes one place of a file of the copy; gives the number of the line where it was. */
function plant(file: string, from: string | RegExp, to: string): number {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  const index = typeof from === 'string' ? text.indexOf(from) : text.search(from);
  if (index < 0) throw new Error(`${file} has no ${from}: the mistake cannot be planted.`);
  writeFileSync(path, text.slice(0, index) + text.slice(index).replace(from, to));
  return text.slice(0, index).split('\n').length;
}

/** What is found when the declaration has the mistake, too: so that not only the drift between the two is found. */
function declaredSo(): AppFacts {
  return { ...facts, topologyText: readFileSync(join(copy, topologyPath), 'utf8') };
}

describe('a mistake is found: where it is, what is wrong, and what to do', () => {
  it('nothing is planted, nothing is found', async () => {
    expect(await findings(copy, facts)).toEqual([]);
  });

  it('a role that an operation needs is missing', async () => {
    plant('infra/roles.json', /\{[^{}]*"entity": "refunds",\s*"role": "Azure Service Bus Data Sender"[^{}]*\},\s*/, '');
    expect(await findings(copy, facts)).toEqual([
      {
        file: 'infra/roles.json',
        line: 3,
        problem: 'The app identity lacks "Azure Service Bus Data Sender" on refunds, which triage-dead-letters needs.',
        remedy:
          'Add { "principal": "app", "service": "serviceBus", "entity": "refunds", "role": "Azure Service Bus Data Sender", "reason": "…" }.',
      },
    ]);
  });

  it('an identity has a role that nothing uses', async () => {
    const at = plant(
      'infra/roles.json',
      /(?=\{\s*"principal": "events")/,
      '{ "principal": "app", "service": "storage", "role": "Storage Blob Data Contributor", "reason": "x" },\n',
    );
    expect(await findings(copy, facts)).toMatchObject([
      {
        file: 'infra/roles.json',
        line: at,
        problem: expect.stringContaining('nothing uses it'),
        remedy: expect.stringContaining('Remove it'),
      },
    ]);
  });

  it('a setting is misspelt', async () => {
    const at = plant('infra/main.bicep', 'SMTP_PORT: string', 'SMTP_PROT: string');
    expect(await findings(copy, facts)).toEqual([
      {
        file: 'infra/main.bicep',
        line: at,
        problem: 'The app setting SMTP_PROT is set, and nobody reads it.',
        remedy: 'Write SMTP_PORT.',
      },
    ]);
  });

  it('a setting that is read is not set', async () => {
    plant('infra/main.bicep', / *IDLE_QUEUE_WAKE_UP: .*\n/, '');
    expect(await findings(copy, facts)).toMatchObject([
      {
        file: 'infra/main.bicep',
        problem: 'The app setting IDLE_QUEUE_WAKE_UP is read, and nobody sets it.',
        remedy: 'Add it to appSettings of the module functionApp.',
      },
    ]);
  });

  it('a subscription calls a function that is not there', async () => {
    const at = plant(topologyPath, '"name": "mail-alert"', '"name": "mail-alerts"');
    expect(await findings(copy, declaredSo())).toMatchObject([
      {
        file: topologyPath,
        line: at,
        problem: expect.stringContaining('calls mail-alerts'),
        remedy: 'Call mail-alert.',
      },
      { file: 'infra/subscriptions.bicep', problem: 'No event goes to mail-alert.' },
    ]);
  });

  it('a function that Event Grid should call has no subscription', async () => {
    const functions = [...facts.functions, { name: 'mail-nobody', trigger: { type: 'eventGridTrigger' } }];
    expect(await findings(copy, { ...facts, functions })).toMatchObject([
      {
        file: topologyPath,
        problem: expect.stringContaining('mail-nobody: it never runs'),
        remedy: expect.stringContaining('Declare an event subscription'),
      },
    ]);
  });

  it('a session queue is a destination', async () => {
    plant(
      topologyPath,
      '"name": "operations-commands",\n',
      '"name": "operations-commands",\n        "requiresSession": true,\n',
    );
    const at =
      readFileSync(join(copy, topologyPath), 'utf8')
        .split('\n')
        .findLastIndex((text) => text.includes('"name": "operations-commands"')) + 1;
    expect(await findings(copy, declaredSo())).toMatchObject([
      {
        file: topologyPath,
        line: at,
        problem: expect.stringContaining('a session queue, to which Event Grid cannot deliver'),
        remedy: expect.stringContaining('plain queue'),
      },
    ]);
  });

  it('an entity is missing: the file differs from the declaration', async () => {
    const at = plant(topologyPath, '"name": "thumbnails"', '"name": "thumbnail"');
    expect(await findings(copy, facts)).toMatchObject([
      {
        file: topologyPath,
        line: at,
        problem: expect.stringContaining('thumbnails'),
        remedy: expect.stringContaining('npm run generate'),
      },
    ]);
  });

  it('a kind of entity is missing in Bicep', async () => {
    const at = plant('infra/modules/storage.bicep', 'in topology.tables:', 'in topology.queues:');
    expect(await findings(copy, facts)).toMatchObject([
      {
        file: 'infra/modules/storage.bicep',
        line: at,
        problem: expect.stringContaining('storageAccounts/tableServices/tables is made for each'),
        remedy: expect.stringContaining('storage.tables'),
      },
    ]);
  });

  it('a kind of destination has no template', async () => {
    const at = plant(topologyPath, '"endpointType": "ServiceBusQueue"', '"endpointType": "ServiceBusTopic"');
    expect(await findings(copy, declaredSo())).toMatchObject([
      {
        file: topologyPath,
        line: at - 2,
        problem: expect.stringContaining('for which no template makes subscriptions'),
        remedy: expect.stringContaining('event-grid.bicep'),
      },
    ]);
  });

  it('nobody reads a consumer group', async () => {
    const at = plant(
      topologyPath,
      '"name": "anomalies"\n          }\n        ]',
      '"name": "anomalies"\n          },\n          {\n            "name": "archive"\n          }\n        ]',
    );
    expect(await findings(copy, declaredSo())).toMatchObject([
      {
        file: topologyPath,
        line: at + 3,
        problem: 'No function reads the consumer group archive of telemetry.',
        remedy: expect.stringContaining('write its consumer'),
      },
    ]);
  });

  it('an output gives out a secret', async () => {
    const at = plant(
      'infra/modules/monitoring.bicep',
      /(?=@description\('Resource id of Application Insights)/,
      'output where string = applicationInsights.properties.ConnectionString\n\n',
    );
    expect(await findings(copy, facts)).toMatchObject([
      {
        file: 'infra/modules/monitoring.bicep',
        line: at,
        problem: 'The output where gives out a secret.',
        remedy: expect.stringContaining('identity'),
      },
    ]);
  });

  it('a service can be used with a key', async () => {
    const at = plant('infra/modules/storage.bicep', 'allowSharedKeyAccess: false', 'allowSharedKeyAccess: true');
    expect(await findings(copy, facts)).toMatchObject([
      { file: 'infra/modules/storage.bicep', line: at, remedy: expect.stringContaining('allowSharedKeyAccess: false') },
    ]);
  });

  it('a module is given a parameter that it does not have', async () => {
    const at = plant('infra/main.bicep', 'capacity: serviceBusCapacity', 'capasity: serviceBusCapacity');
    expect(await findings(copy, facts)).toMatchObject([
      {
        file: 'infra/main.bicep',
        line: at,
        problem: 'modules/service-bus.bicep has no parameter capasity.',
        remedy: 'Write capacity.',
      },
    ]);
  });

  it('a module is asked for an output that it does not have', async () => {
    const at = plant('infra/main.bicep', 'storage.outputs.endpoints.queue', 'storage.outputs.endpoint.queue');
    expect(await findings(copy, facts)).toMatchObject([
      {
        file: 'infra/main.bicep',
        line: at,
        problem: 'The module storage has no output endpoint.',
        remedy: 'Write endpoints.',
      },
    ]);
  });

  it('a parameter file sets a parameter that is not there', async () => {
    const at = plant('infra/main.production.bicepparam', 'param alwaysReady', 'param alwayReady');
    expect(await findings(copy, facts)).toMatchObject([
      { file: 'infra/main.production.bicepparam', line: at, remedy: 'Write alwaysReady.' },
    ]);
  });

  it('an alert has no runbook', async () => {
    const at = plant('infra/modules/alerts.bicep', 'Runbook: A queue grows.', 'Runbook: A queue grew.');
    expect(await findings(copy, facts)).toMatchObject([
      { file: 'infra/modules/alerts.bicep', line: at, problem: 'docs/operations.md has no runbook "A queue grew".' },
    ]);
  });

  it('azd would not find the app', async () => {
    const at = plant('infra/modules/function-app.bicep', "'azd-service-name': 'app'", "'azd-service-name': 'api'");
    expect(await findings(copy, facts)).toMatchObject([
      { file: 'infra/modules/function-app.bicep', line: at, remedy: expect.stringContaining('Tag it as app') },
    ]);
  });

  it('a file that is deployed is left out', async () => {
    const at = plant('.funcignore', '/functions/', 'functions/');
    expect(await findings(copy, facts)).toMatchObject([
      { file: '.funcignore', line: at, remedy: 'Write /functions/.' },
    ]);
  });

  it('a parameter has a type that the linter refuses', async () => {
    const at = plant('infra/modules/storage.bicep', 'param topology storageTopologyType', 'param topology object');
    expect(await findings(copy, facts)).toMatchObject([
      {
        file: 'infra/modules/storage.bicep',
        line: at,
        problem: expect.stringContaining('use-user-defined-types'),
        remedy: expect.stringContaining('types.bicep'),
      },
    ]);
  });

  it('a firewall has no rule, and lets everybody in', async () => {
    plant('infra/modules/service-bus.bicep', /ipRules: isPrivate.*/, 'ipRules: []');
    const at =
      readFileSync(join(copy, 'infra/modules/service-bus.bicep'), 'utf8')
        .split('\n')
        .findIndex((text) => text.startsWith('resource networkRules')) + 1;
    expect(await findings(copy, facts)).toMatchObject([
      { file: 'infra/modules/service-bus.bicep', line: at, remedy: expect.stringContaining('Give it a rule') },
    ]);
  });

  it('Event Grid delivers by an identity that no firewall lets in', async () => {
    const at = plant(
      'infra/subscriptions.bicep',
      "identity: { type: 'SystemAssigned' }",
      "identity: { type: 'UserAssigned', userAssignedIdentity: storageAccount.id }",
    );
    expect(await findings(copy, facts)).toMatchObject([
      { file: 'infra/subscriptions.bicep', line: at, remedy: expect.stringContaining('SystemAssigned') },
    ]);
  });

  it('a file is not Bicep', async () => {
    const at = plant('infra/modules/budget.bicep', "timeGrain: 'Monthly'", "timeGrain = 'Monthly'");
    expect(await findings(copy, facts)).toMatchObject([
      {
        file: 'infra/modules/budget.bicep',
        line: at,
        problem: expect.stringContaining('not Bicep'),
        remedy: expect.stringContaining('syntax'),
      },
    ]);
  });
});
