import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { appFolder, runApp } from './support.ts';

/** Inside the repository, so that the app finds `@azure/functions`. */
const folder = appFolder('written');
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}
const hostJson = '{ "version": "2.0" }';
const packageJson = '{ "name": "written", "main": "app.js" }';

describe('an app that cannot run is refused with one clear sentence', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['no host.json', { 'package.json': packageJson }, /has no host\.json/],
    ['no package.json', { 'host.json': hostJson }, /has no package\.json/],
    ['no main', { 'host.json': hostJson, 'package.json': '{}' }, /has no "main"\. Set it to the built files/],
    [
      'programming model v3',
      { 'host.json': hostJson, 'package.json': '{}', 'hello/function.json': '{}' },
      /function\.json files \(programming model v3\), which is not implemented/,
    ],
    [
      'main matches nothing',
      { 'host.json': hostJson, 'package.json': '{ "main": "dist/*.js" }' },
      /"main" of package\.json is "dist\/\*\.js", and no file matches it in .*; build the app first\.$/,
    ],
    [
      'an error while loading',
      { 'host.json': hostJson, 'package.json': packageJson, 'app.js': 'throw new Error("no ink");' },
      /Could not load "app\.js": no ink/,
    ],
    [
      'a host.json that is no JSON',
      { 'host.json': '{\n "version" "2.0" }' },
      /host\.json:2:12: .*; put the JSON right there/,
    ],
    [
      'a process that ends while loading',
      { 'host.json': hostJson, 'package.json': packageJson, 'app.js': 'process.exit(7);' },
      /ended with code 7 while the app was loading/,
    ],
    [
      'a missing package',
      { 'host.json': hostJson, 'package.json': packageJson, 'app.js': 'require("no-such-package");' },
      /Cannot find module 'no-such-package'; is it installed and built\?/,
    ],
    [
      'two functions of one name',
      {
        'host.json': hostJson,
        'package.json': packageJson,
        'app.js': `const { app } = require('@azure/functions');
          app.get('a', { handler: () => ({}) }); app.get('a', { handler: () => ({}) });`,
      },
      /A function with id "a" has already been registered/,
    ],
    [
      'a route that cannot be read',
      {
        'host.json': hostJson,
        'package.json': packageJson,
        'app.js': `require('@azure/functions').app.get('a', { route: 'x/{y', handler: () => ({}) });`,
      },
      /Function a: In the route "x\/\{y" a "\{" has no "\}"/,
    ],
  ])('%s', async (_case, files, message) => {
    await write(files);
    await expect(runApp(folder)).rejects.toThrow(message);
  });

  it.each(['require("@azure/functions");', 'import "@azure/functions";'])('without the library: %s', async (source) => {
    const elsewhere = await mkdtemp(path.join(tmpdir(), 'functions-app-'));
    const type = source.startsWith('import') ? 'module' : 'commonjs';
    await writeFile(path.join(elsewhere, 'host.json'), hostJson);
    await writeFile(path.join(elsewhere, 'package.json'), JSON.stringify({ main: 'app.js', type }));
    await writeFile(path.join(elsewhere, 'app.js'), source);
    await expect(runApp(elsewhere)).rejects.toThrow(
      /needs the package @azure\/functions, and it is not installed: run "npm install @azure\/functions"/,
    );
    await rm(elsewhere, { recursive: true });
  });

  it('a port that is taken', async () => {
    const first = await runApp('http-esm');
    await expect(runApp('http-esm', { port: first.host.port })).rejects.toThrow(/Port \d+ .* is in use/);
    await first.close();
  });
});

describe('an app that can run in part', () => {
  it('what is not implemented or not set is said; the other functions run', async () => {
    await write({
      'host.json': hostJson,
      'package.json': packageJson,
      'app.js': `const { app, output } = require('@azure/functions');
        app.get('fine', { handler: () => ({ body: 'fine' }) });
        app.cosmosDB('watch-rows', { connection: 'C', databaseName: 'd', containerName: 'c', handler: () => {} });
        app.get('writes-sql', { extraOutputs: [output.sql({ commandText: 't', connectionStringSetting: 'S' })], handler: () => ({}) });
        app.serviceBusQueue('unset', { connection: 'Nowhere', queueName: 'q', handler: () => {} });
        app.serviceBusQueue('settles', { connection: 'Bus', queueName: 'q', sdkBinding: true, handler: () => {} });
        app.get('misdirected', {
          return: output.http({}),
          extraOutputs: [output.serviceBusQueue({ name: 'out', queueName: 'q', connection: 'Nowhere' })],
          handler: (_request, context) => { context.extraOutputs.set('out', 'x'); return { body: 'sent' }; },
        });
        app.timer('odd', { schedule: 'every day', handler: () => {} });
        app.get('off', { handler: () => ({}) });`,
    });
    const app = await runApp(folder, { settings: { 'AzureWebJobs.off.Disabled': 'true' } });
    await app.line(/watch-rows: the trigger "cosmosDBTrigger" is not implemented/);
    await app.line(/writes-sql: the output binding "sql" is not implemented/);
    await app.line(/listener for function 'unset' was unable to start: The connection "Nowhere" is not set/);
    await app.line(/settles: sdkBinding of a Service Bus trigger .* is not implemented\. The function does not run/);
    expect((await fetch(`${app.url}/api/misdirected`)).status).toBe(500);
    await app.line(/Executed 'Functions\.misdirected' \(Failed.*The connection "Nowhere" is not set/s);
    await app.line(/listener for function 'odd' was unable to start: the schedule "every day" cannot be read/);
    expect(await (await fetch(`${app.url}/api/fine`)).text()).toBe('fine');
    expect((await fetch(`${app.url}/api/off`)).status).toBe(404);
    expect(app.host.functions.map(({ name, isDisabled }) => [name, isDisabled])).toEqual([
      ['fine', false],
      ['watch-rows', true],
      ['writes-sql', true],
      ['unset', false],
      ['settles', true],
      ['misdirected', false],
      ['odd', false],
      ['off', true],
    ]);
    await app.close();
  });

  it('requests over maxOutstandingRequests are refused; those over maxConcurrentRequests wait', async () => {
    await write({
      'host.json':
        '{ "version": "2.0", "extensions": { "http": { "maxOutstandingRequests": 2, "maxConcurrentRequests": 1 } } }',
      'package.json': packageJson,
      'app.js': `const { app } = require('@azure/functions');
        let running = 0;
        app.get('slow', { handler: async () => {
          running += 1; console.log('RECORD running ' + running);
          await new Promise(() => {});
        } });`,
    });
    const app = await runApp(folder);
    const first = fetch(`${app.url}/api/slow`);
    expect(await app.next('running')).toBe(1);
    const others = [fetch(`${app.url}/api/slow`), fetch(`${app.url}/api/slow`)];
    expect((await Promise.race(others)).status).toBe(429);
    expect(app.recorded('running')).toEqual([1]);
    await app.close();
    await Promise.allSettled([first, ...others]);
  });

  it('a function that runs longer than functionTimeout fails, and the process is a new one', async () => {
    await write({
      'host.json': '{ "version": "2.0", "functionTimeout": "00:00:01" }',
      'package.json': packageJson,
      'app.js': `const { app } = require('@azure/functions');
        app.get('endless', { handler: () => { for (;;); } });
        app.get('pid', { handler: () => ({ body: String(process.pid) }) });`,
    });
    const app = await runApp(folder);
    const before = await (await fetch(`${app.url}/api/pid`)).text();
    expect((await fetch(`${app.url}/api/endless`)).status).toBe(500);
    await app.line(/Timeout value of 1 s \(functionTimeout\) was exceeded by function: Functions\.endless/);
    expect(await (await fetch(`${app.url}/api/pid`)).text()).not.toBe(before);
    await app.close();
  });

  it('a changed file is loaded when the host watches', async () => {
    const source = (text: string) =>
      `require('@azure/functions').app.get('say', { handler: () => ({ body: '${text}' }) });`;
    await write({ 'host.json': hostJson, 'package.json': packageJson, 'app.js': source('one') });
    const app = await runApp(folder, { watch: true });
    expect(await (await fetch(`${app.url}/api/say`)).text()).toBe('one');
    await writeFile(path.join(folder, 'app.js'), source('two'));
    await app.line(/The app has been started again/);
    expect(await (await fetch(`${app.url}/api/say`)).text()).toBe('two');

    await writeFile(path.join(folder, 'app.js'), `${source('three')}\n${source('new').replace("'say'", "'more'")}`);
    await app.line(/more: \[GET\]/);
    expect(await (await fetch(`${app.url}/api/more`)).text()).toBe('new');
    await app.close();
  });
});
