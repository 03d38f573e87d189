/**
 * `npm run bench [-- name …]`: runs the rows, prints ratios, writes `benchmarks/results/<name>.md` with the machine and the commit.
 * Only ratios of one run count; a row whose control spreads over 1.3x says that the machine was too restless to tell.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import type { Row } from './support/row.ts';

const suites: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  'service-bus': async () => (await import('./wire/service-bus.ts')).measureServiceBus(),
  'event-hubs': async () => (await import('./wire/event-hubs.ts')).measureEventHubs(),
  scale: async () => (await import('./engine/scale.ts')).measureScale(),
  start: async () => (await import('./flow/start.ts')).measureStart(),
  thumbnails: async () => (await import('./flow/thumbnails.ts')).measureThumbnails(),
};

const results = new URL('./results/', import.meta.url);
const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${Object.keys(suites).join(', ')}.`);
  process.exit(2);
}

for (const name of names.length > 0 ? names : Object.keys(suites)) {
  console.log(`\n${name}`);
  const rows = await suites[name]!();
  const table = toTable(rows);
  console.log(table);
  await mkdir(results, { recursive: true });
  await writeFile(new URL(`${name}.md`, results), `# ${name}\n\n${machine()}\n\n${table}\n`);
}

function toTable(rows: readonly Row[]): string {
  const lines = rows.map(({ what, ours, against, ratio, goal, isMet, control }) => {
    const restless =
      control !== undefined && control > 1.3 ? ` (control spread ${control.toFixed(2)}x: restless machine)` : '';
    return `| ${what} | ${ours} | ${against} | ${ratio} | ${goal} | ${isMet ? 'yes' : 'no'}${restless} |`;
  });
  return ['| what | ours | against | ratio | goal | met |', '|---|---|---|---|---|---|', ...lines].join('\n');
}

function machine(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `Commit ${commit}, ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} cores (${cpu?.model.trim()}), ${memory} GiB, ${process.platform}.`;
}
