/**
 * `npm run demo`: starts the local cloud with the app on free ports, lets every flow run once on real input over the real
 * protocols, and says what went in, what came out and how long it took. Exit code 0 only if every outcome is the expected one.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { readTopologyFiles, startLocalCloud } from 'crossover-local';
import type { Flow } from './demo/flow.ts';
import { eventRouting } from './demo/flows/event-routing.ts';
import { idleQueue } from './demo/flows/idle-queue.ts';
import { ordering } from './demo/flows/ordering.ts';
import { photoIntake } from './demo/flows/photo-intake.ts';
import { telemetry } from './demo/flows/telemetry.ts';
import { reportTable } from './demo/report.ts';
import { openShop, type Shop } from './demo/shop.ts';

const flows: readonly Flow[] = [photoIntake, idleQueue, eventRouting, telemetry, ordering];
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const output = join(root, 'demo-output');
/** How long a flow may take before what is missing counts as lost. */
const patienceMs = 25_000;
const lookEveryMs = 150;

interface Shown {
  readonly flow: Flow;
  readonly wentIn: string;
  readonly cameOut: string;
  readonly missing: readonly string[];
  readonly seconds: number;
}

async function show(flow: Flow, shop: Shop): Promise<Shown> {
  const started = performance.now();
  let wentIn = '';
  try {
    wentIn = await flow.feed(shop);
  } catch (error) {
    const problem = `it could not be started: ${error instanceof Error ? error.message : String(error)}`;
    return { flow, wentIn, cameOut: '', missing: [problem], seconds: 0 };
  }
  console.log(`  ${flow.name.padEnd(14)} in:  ${wentIn}`);
  let said = '';
  for (;;) {
    const { text, missing } = await flow.look(shop);
    const seconds = (performance.now() - started) / 1000;
    if (missing.length === 0 || seconds * 1000 > patienceMs) {
      console.log(
        `  ${flow.name.padEnd(14)} ${missing.length === 0 ? 'out' : 'NOT'}: ${text} (${seconds.toFixed(1)} s)`,
      );
      return { flow, wentIn, cameOut: text, missing, seconds };
    }
    const progress = missing[0] ?? '';
    if (progress !== said) console.log(`  ${flow.name.padEnd(14)} ... ${progress}`);
    said = progress;
    await new Promise((wake) => setTimeout(wake, lookEveryMs));
  }
}

/** Looks once more when all flows are through: what came twice, came after the first look. */
async function lookAgain(shown: Shown, shop: Shop): Promise<Shown> {
  if (shown.missing.length > 0) return shown;
  const { text, missing } = await shown.flow.look(shop);
  return { ...shown, cameOut: text, missing };
}

/** Thumbnails and mails as files, for people to look at. */
async function writeOutput(shop: Shop): Promise<{ thumbnails: number; mails: number }> {
  await rm(output, { recursive: true, force: true });
  const container = shop.blobs.getContainerClient('thumbnails');
  let thumbnails = 0;
  for await (const { name } of container.listBlobsFlat()) {
    const file = join(output, 'thumbnails', ...name.split('/'));
    await mkdir(dirname(file), { recursive: true });
    await container.getBlobClient(name).downloadToFile(file);
    thumbnails++;
  }
  await mkdir(join(output, 'mails'), { recursive: true });
  const { mails } = shop.cloud.mail;
  for (const [index, mail] of mails.entries()) {
    const subject = mail.subject.replace(/[^\w.-]+/g, '-').slice(0, 60);
    await writeFile(join(output, 'mails', `${String(index + 1).padStart(2, '0')}-${subject}.eml`), mail.raw);
  }
  return { thumbnails, mails: mails.length };
}

async function sampleSettings(): Promise<Record<string, string>> {
  const sample = await readFile(join(root, 'local.settings.sample.json'), 'utf8');
  return (JSON.parse(sample) as { Values: Record<string, string> }).Values;
}

async function demo(): Promise<boolean> {
  const started = performance.now();
  console.log('Starting the local cloud: Storage, Service Bus, Event Hubs, Event Grid, and the print shop on it …');
  const problems: string[] = [];
  const cloud = await startLocalCloud({
    appFolder: root,
    topology: readTopologyFiles([join(root, 'infra', 'topology.json')]),
    settings: await sampleSettings(),
    log: (level, source, text) => {
      if (level === 'error') problems.push(`${source}: ${text}`);
    },
  });
  const shop = openShop(cloud);
  try {
    console.log(`Ready after ${((performance.now() - started) / 1000).toFixed(1)} s, on ports of its own.\n`);
    const first = await Promise.all(flows.map((flow) => show(flow, shop)));
    const shown = await Promise.all(first.map((one) => lookAgain(one, shop)));
    const written = await writeOutput(shop);
    const seconds = (performance.now() - started) / 1000;
    console.log(`\n${reportTable(shown)}`);
    console.log(
      `\n${written.thumbnails} thumbnails and ${written.mails} mails are in ${relative(process.cwd(), output) || '.'}/`,
    );
    for (const { flow, missing } of shown) {
      for (const one of missing) console.log(`NOT AS EXPECTED  ${flow.name}: ${one}`);
    }
    const isGood = shown.every(({ missing }) => missing.length === 0);
    if (!isGood) for (const problem of problems.slice(0, 20)) console.log(`log: ${problem}`);
    console.log(
      isGood ? `All flows came out as expected, in ${seconds.toFixed(1)} s.` : 'Not all flows came out as expected.',
    );
    if (isGood)
      console.log(
        'Next: `npm start` runs the same cloud for you, on the usual ports, with connection strings to paste.',
      );
    return isGood;
  } finally {
    await shop.close();
    await cloud.close();
  }
}

demo().then(
  (isGood) => {
    process.exitCode = isGood ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? `The demo could not run: ${error.message}` : error);
    process.exitCode = 1;
  },
);
