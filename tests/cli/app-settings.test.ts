import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readLocalSettings } from '../../local/app-settings.ts';

describe("the app's local.settings.json", () => {
  let folder: string;
  const write = (content: unknown) => writeFile(join(folder, 'local.settings.json'), JSON.stringify(content));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossover-settings-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('values and connection strings become settings, these under the names that func gives them', async () => {
    await write({
      IsEncrypted: false,
      Values: { FUNCTIONS_WORKER_RUNTIME: 'node', Limit: 5 },
      ConnectionStrings: { Bus: 'Endpoint=sb://localhost;', Db: { ConnectionString: 'Server=x', ProviderName: 'y' } },
    });

    expect(readLocalSettings(folder, () => {}).values).toEqual({
      FUNCTIONS_WORKER_RUNTIME: 'node',
      Limit: '5',
      'ConnectionStrings:Bus': 'Endpoint=sb://localhost;',
      'ConnectionStrings:Db': 'Server=x',
    });
  });

  test('the port of its functions and the origins that may call them', async () => {
    await write({ Host: { LocalHttpPort: 7100, CORS: 'http://localhost:4200/, http://b', CORSCredentials: true } });
    expect(readLocalSettings(folder, () => {})).toEqual({
      values: {},
      httpPort: 7100,
      cors: { origins: ['http://localhost:4200', 'http://b'], allowsCredentials: true },
    });
  });

  test.each([
    [{ LocalHttpPort: '70 71' }, /Host\.LocalHttpPort is "70 71"; a port is a number/],
    [{ CORS: '*', CORSCredentials: true }, /Host\.CORSCredentials cannot be true while Host\.CORS is "\*"/],
  ])('%j is refused with its place', async (Host, text) => {
    await write({ Host });
    expect(() => readLocalSettings(folder, () => {})).toThrow(text);
  });

  test('a nested value is refused with its place', async () => {
    await write({ Values: { A: { B: 'c' } } });

    expect(() => readLocalSettings(folder, () => {})).toThrow(/Values\.A is not a string/);
  });
});
