/**
 * `npm run bench [-- name …]`: runs the suites, prints their rows as they come, writes `benchmarks/results/<name>.md` with the machine and the commit.
 * Only ratios of one run count; a row whose peer differs from itself by more than 1.3x says that the machine was too restless to tell.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Row } from './support/row.ts';

const MOST_RESTLESS = 1.3;

const suites: Readonly<Record<string, () => Promise<AsyncGenerator<Row>>>> = {
  'service-bus': async () => (await import('./wire/service-bus.ts')).measureServiceBus(),
  'event-hubs': async () => (await import('./wire/event-hubs.ts')).measureEventHubs(),
  scale: async () => (await import('./engine/scale.ts')).measureScale(),
  start: async () => (await import('./flow/start.ts')).measureStart(),
  thumbnails: async () => (await import('./flow/thumbnails.ts')).measureThumbnails(),
  'host-overhead': async () => (await import('./flow/host-overhead.ts')).measureHostOverhead(),
};

const HEAD = ['| what | ours | against | ratio (range) | goal | met | A/A |', '|---|---|---|---|---|---|---|'];

const results = new URL('./results/', import.meta.url);
const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${Object.keys(suites).join(', ')}.`);
  process.exit(2);
}
await mkdir(results, { recursive: true });
for (const name of names.length > 0 ? names : Object.keys(suites)) await run(name);

async function run(name: string): Promise<void> {
  const lines = [`# ${name}`, '', machine(), '', ...HEAD];
  console.log(lines.join('\n'));
  for await (const row of await suites[name]!()) {
    const line = toLine(row);
    console.log(line);
    lines.push(line);
  }
  console.log('');
  await writeFile(new URL(`${name}.md`, results), `${lines.join('\n')}\n`);
}

function toLine({ what, ours, against, ratio, goal, isMet, control }: Row): string {
  const met = isMet === undefined ? '–' : isMet ? 'yes' : 'no';
  const movedBy = control === undefined ? '–' : `${control.toFixed(2)}x${control > MOST_RESTLESS ? ', restless' : ''}`;
  return `| ${[what, ours, against, ratio, goal, met, movedBy].join(' | ')} |`;
}

function machine(): string {
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = loadavg()[0]!.toFixed(1);
  return `Commit ${commit}, ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} cores (${cpu?.model.trim()}), ${memory} GiB, ${process.platform}; load at the start ${load}.`;
}
