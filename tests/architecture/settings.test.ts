import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { declaredSettings, readSettings } from '../../shared/settings.ts';
import { type Registration, registrations } from '../support/app/registrations.ts';
import { root, sourceFiles, withoutComments } from './source-files.ts';

let registered: Registration[];
beforeAll(async () => {
  registered = await registrations();
});

/** What only the host and the tools read. */
const ofTheHost = ['FUNCTIONS_WORKER_RUNTIME'];

/** What the local cloud sets by itself, when nobody else does: its mail server is on whichever port was free. */
const ofTheLocalCloud = { SMTP_HOST: '127.0.0.1', SMTP_PORT: '2525' };

function sample(): Record<string, string> {
  const file = JSON.parse(readFileSync(join(root, 'local.settings.sample.json'), 'utf8')) as {
    Values: Record<string, string>;
  };
  return file.Values;
}

/** The names that reading the settings asks the environment for, with everything by key, or everything by identity. */
function namesRead(byKey: boolean): Set<string> {
  const asked = new Set<string>();
  const values: Record<string, string> = { ...sample(), ...ofTheLocalCloud };
  const environment = new Proxy({} as Record<string, string>, {
    get(_, name: string) {
      asked.add(name);
      if (!byKey && ['AzureWebJobsStorage', 'ServiceBusConnection', 'EventHubsConnection'].includes(name))
        return undefined;
      if (name.endsWith('Uri')) return 'https://example.com';
      return values[name] ?? 'value';
    },
  });
  readSettings(environment);
  return asked;
}

describe('app settings', () => {
  it('what the code reads is what is declared, no more and no less', () => {
    const read = new Set([...namesRead(true), ...namesRead(false)]);
    expect([...read].toSorted()).toEqual(Object.keys(declaredSettings).toSorted());
  });

  it('every connection that a trigger names is a declared one', () => {
    const connections = registered.map(({ trigger }) => trigger.connection).filter((name) => name !== undefined);
    expect([...new Set(connections)].filter((name) => !(String(name) in declaredSettings))).toEqual([]);
  });

  it('only the composition root reads the environment', () => {
    const readers = sourceFiles('functions', 'shared')
      .filter(({ text }) => /\bprocess\.env\b/.test(withoutComments(text)))
      .map(({ path }) => path);
    expect(readers).toEqual(['functions/services.ts']);
  });

  it('the sample has only settings that somebody reads, and they are enough', () => {
    const known = new Set([...Object.keys(declaredSettings), ...ofTheHost]);
    expect(Object.keys(sample()).filter((name) => !known.has(name))).toEqual([]);
    expect(() => readSettings({ ...sample(), ...ofTheLocalCloud })).not.toThrow();
  });
});
