import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startCli, stopAll } from './support.ts';

const run = promisify(execFile);
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Inside the repository's node_modules, so that what the package depends on is found; Azurite is found in its bundle first. */
let folder: string;
let unpacked: string;

beforeAll(async () => {
  await mkdir(join(root, 'node_modules', '.cache'), { recursive: true });
  folder = await mkdtemp(join(root, 'node_modules', '.cache', 'packed-'));
  const npm = process.env.npm_execpath;
  const pack = ['pack', './local', '--pack-destination', folder];
  if (npm?.endsWith('.js')) await run(process.execPath, [npm, ...pack], { cwd: root });
  else await run('npm', pack, { cwd: root, shell: process.platform === 'win32' });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))!;
  await run('tar', ['-xzf', tarball], { cwd: folder });
  unpacked = join(folder, 'package');
}, 120_000);
afterEach(stopAll);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the packed tarball runs; its Azurite is its own, telemetry and SQL drivers left out', async () => {
  const { ready, child, ended } = await startCli(['--no-app', '--in-memory', '--dynamic-ports'], {
    launcher: join(unpacked, 'bin', 'crossover.js'),
  });
  const blobs = BlobServiceClient.fromConnectionString(ready.storage.connectionString);
  await blobs.getContainerClient('photos').create();
  await blobs.getContainerClient('photos').getBlockBlobClient('a.txt').uploadData(Buffer.from('here'));
  const text = await blobs.getContainerClient('photos').getBlockBlobClient('a.txt').downloadToBuffer();
  child.kill('SIGINT');

  expect(text.toString()).toBe('here');
  expect((await ended).code).toBe(0);
  const { dependencies } = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'));
  expect(Object.keys(dependencies)).not.toContain('azurite');
  const bundle = await readFile(join(unpacked, 'dist', 'storage', 'azurite.cjs'), 'utf8');
  expect(bundle).not.toMatch(/node_modules\/(sequelize|mysql2|tedious|applicationinsights)\//);
});

test('the package carries the licences of what is bundled in it', async () => {
  const licences = await readFile(join(unpacked, 'dist', 'storage', 'azurite.licenses.txt'), 'utf8');

  expect(licences).toContain('==== azurite 3.37.0 ====');
  expect(licences).toContain('==== express ');
});
