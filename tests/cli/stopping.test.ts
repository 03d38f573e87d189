import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import type { ReadyDocument } from '../../local/ready-document.ts';
import { outcomeOf, spawnCli, stopAll, withFolder } from './support.ts';

afterEach(stopAll);

const library = createRequire(import.meta.url).resolve('@azure/functions');

/** Starts an app of one file; resolves with what it logs as `PID …` and, where it comes so far, the addresses. */
async function startApp(folder: string, file: string, source: string, until: 'loading' | 'ready') {
  await writeFile(join(folder, 'host.json'), '{"version": "2.0"}');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ main: file }));
  await writeFile(join(folder, file), source);
  const child = spawnCli(['start', '--json', '--dynamic-ports', '--in-memory'], { cwd: folder });
  const ended = outcomeOf(child);
  const lines = createInterface({ input: child.stdout! });
  let pid = 0;
  let ready: ReadyDocument | undefined;
  await new Promise<void>((resolve) =>
    lines.on('line', (line) => {
      const entry = JSON.parse(line);
      pid ||= Number(/PID (\d+)/.exec(entry.text ?? '')?.[1] ?? 0);
      if (entry.event === 'ready') ready = entry;
      if (pid > 0 && (until === 'loading' || ready)) resolve();
    }),
  );
  /** Resolves when the app logs the text. */
  const logged = (text: string) =>
    new Promise<void>((resolve) => lines.on('line', (line) => line.includes(text) && resolve()));
  return { child, ended, pid, ready, logged };
}

const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('Ctrl-C, whatever the app is doing', () => {
  test.each([
    ['waits for something that never comes', 'setInterval(() => {}, 1000); await new Promise(() => {});'],
    ['loops', 'for (;;);'],
  ])('an app that %s while it is loaded: it is ended, code 0', async (_case, source) => {
    await withFolder(async (folder) => {
      const app = await startApp(folder, 'app.mjs', `console.log('PID ' + process.pid);\n${source}`, 'loading');

      app.child.kill('SIGINT');

      expect(await app.ended).toMatchObject({ code: 0, stderr: '' });
      expect(isRunning(app.pid)).toBe(false);
    });
  });

  test('a function that loops: its process is ended, code 0', async () => {
    await withFolder(async (folder) => {
      const source = `
        const { app } = require(${JSON.stringify(library)});
        console.log('PID ' + process.pid);
        app.http('loop', { authLevel: 'anonymous', handler: () => { console.log('LOOPING'); for (;;); } });`;
      const app = await startApp(folder, 'app.cjs', source, 'ready');
      const looping = app.logged('LOOPING');
      const request = fetch(`${app.ready?.functions?.url}/api/loop`).catch(() => 'cut off');
      await looping;

      app.child.kill('SIGINT');

      expect(await app.ended).toMatchObject({ code: 0, stderr: '' });
      expect(isRunning(app.pid)).toBe(false);
      await request;
    });
  });
});

describe('kill -9, whatever the app is doing', () => {
  test.each([
    ['waits', 'setInterval(() => {}, 1000);'],
    ['loops', 'for (;;);'],
  ])('an app that %s does not outlive its host', async (_case, source) => {
    // What ends with the process, however it ends: its connection.
    const server = createServer().listen(0, '127.0.0.1');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    await once(server, 'listening');
    await withFolder(async (folder) => {
      const connect = `
        const socket = (await import('node:net')).connect(${(server.address() as AddressInfo).port}, '127.0.0.1');
        await new Promise((resolve) => socket.once('connect', resolve));
        console.log('PID ' + process.pid);`;
      const app = await startApp(folder, 'app.mjs', `${connect}\n${source}`, 'loading');
      const [connection] = await connected;
      connection.on('error', () => undefined).resume();
      const closed = once(connection, 'close');

      app.child.kill('SIGKILL');

      await closed;
      await app.ended;
    });
    server.close();
  });
});
