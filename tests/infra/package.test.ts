import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { eventRouting } from '../../scripts/demo/flows/event-routing.ts';
import { idleQueue } from '../../scripts/demo/flows/idle-queue.ts';
import { ordering } from '../../scripts/demo/flows/ordering.ts';
import { photoIntake } from '../../scripts/demo/flows/photo-intake.ts';
import { telemetry } from '../../scripts/demo/flows/telemetry.ts';
import { openShop } from '../../scripts/demo/shop.ts';
import { type MadePackage, makePackage, notDeployed } from '../../scripts/package/make-package.ts';
import { registrations } from '../support/app/registrations.ts';
import { type RunningShop, startShop } from '../support/app/running-shop.ts';

let folder: string;
let app: string;
let made: MadePackage;
let ofAzd: { files: string[]; ignored: string };
let shop: RunningShop;
beforeAll(async () => {
  // Outside of the repository: no node_modules is above it, so that what is not in the zip is not there.
  folder = await mkdtemp(join(tmpdir(), 'package-'));
  app = join(folder, 'unpacked');
  const zipFile = join(folder, 'app.zip');
  made = await makePackage(join(folder, 'made'), zipFile);
  await unpack(zipFile, app);
  ofAzd = {
    files: await filesOf(join(folder, 'made')),
    ignored: await readFile(join(folder, 'made', '.funcignore'), 'utf8'),
  };
  await rm(join(folder, 'made'), { recursive: true });
  shop = await startShop({ appFolder: app });
}, 120_000);
afterAll(async () => {
  await shop?.close();
  await rm(folder, { recursive: true, force: true });
});

async function filesOf(start: string): Promise<string[]> {
  const entries = await readdir(start, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [relative(start, join(entry.parentPath, entry.name))] : []));
}

async function unpack(zipFile: string, to: string): Promise<void> {
  const zip = await new Promise<yauzl.ZipFile>((resolve, reject) =>
    yauzl.open(zipFile, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject).on('end', resolve);
    zip.on('entry', (entry: yauzl.Entry) => {
      zip.openReadStream(entry, async (error, stream) => {
        if (error) return reject(error);
        const file = join(to, entry.fileName);
        await mkdir(dirname(file), { recursive: true });
        await pipeline(stream, createWriteStream(file)).then(() => zip.readEntry(), reject);
      });
    });
    zip.readEntry();
  });
}

describe('the package that is deployed', () => {
  it('holds the app, sharp for linux-x64 and the host file, and nothing of the local cloud or of the tests', async () => {
    const files = await readdir(app, { recursive: true });
    expect((await readdir(app)).toSorted()).toEqual(['app', 'host.json', 'node_modules', 'package.json']);
    expect((await readdir(join(app, 'node_modules', '@img'))).toSorted()).toEqual([
      'colour',
      'sharp-libvips-linux-x64',
      'sharp-linux-x64',
    ]);
    expect(files.filter((file) => /settings|\.ts$|crossover-local|rhea-promise\/|azurite/.test(file))).toEqual([]);
    const own = files.filter((file) => file.endsWith('.map')).map((file) => readFile(join(app, file), 'utf8'));
    const mapped = (await Promise.all(own)).flatMap((text) => (JSON.parse(text) as { sources: string[] }).sources);
    expect(mapped.filter((source) => source.endsWith('functions/ordering/process-order.ts'))).toHaveLength(1);
  });

  it('is the same whoever zips it: azd leaves out what .funcignore names, and that is not deployed anyway', async () => {
    expect(ofAzd.ignored.trim().split('\n')).toEqual([...notDeployed]);
    const zipped = ofAzd.files.filter((file) => !notDeployed.some((name) => name === file));
    expect(zipped.toSorted()).toEqual((await filesOf(app)).toSorted());
  });

  it('is small: the zip is what is fetched before the first request can be answered', () => {
    expect(made.zipBytes).toBeLessThan(12 * 1024 * 1024);
  });

  it('has every function, under the local host, with nothing else on disk', async () => {
    const expected = (await registrations()).map(({ name }) => name);
    expect(shop.cloud.functions?.functions.map(({ name }) => name).toSorted()).toEqual(expected.toSorted());
  });

  it.each([photoIntake, idleQueue, eventRouting, telemetry, ordering])('runs the flow $name', async (flow) => {
    const demo = openShop(shop.cloud);
    await flow.feed(demo);
    await shop.until(async () => (await flow.look(demo)).missing.length === 0);
    await demo.close();
  });
});
