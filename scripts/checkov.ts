/**
 * `npm run test:checkov`: checkov (PyPI) over infra/. Its own Bicep parser knows neither imports, nor types, nor lambdas, and
 * passes over a file that it cannot parse with a count at the end; so it is handed the resource bodies as ARM JSON, one file for
 * each of ours. A check may fail only where a comment in the resource says why: `#checkov:skip=<id>: <reason>`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readBicep } from './infra/bicep.ts';
import { type ResourceBody, resourceBodies } from './infra/resource-bodies.ts';

/** Pinned: a new release may have new checks, which are then looked at and not just met. */
const version = '3.3.30';
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** Kept between runs: installing takes a minute. */
const environment = join(tmpdir(), `crossover-checkov-${version}`);
const inEnvironment = (name: string) =>
  process.platform === 'win32' ? join(environment, 'Scripts', `${name}.exe`) : join(environment, 'bin', name);

class CannotRun extends Error {}

interface Check {
  readonly check_id: string;
  readonly check_name: string;
  readonly file_path: string;
  readonly resource: string;
  readonly guideline?: string;
}
interface Report {
  readonly results: { readonly passed_checks: Check[]; readonly failed_checks: Check[] };
  readonly summary: { readonly parsing_errors: number };
}

function python(): string {
  for (const command of ['python3', 'python']) {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
    if (status === 0 && /Python 3\./.test(stdout)) return command;
  }
  throw new CannotRun('Python 3 is not on this machine; checkov is a Python program. The workflow on GitHub runs it.');
}

function install(): void {
  if (existsSync(inEnvironment('checkov'))) return;
  console.log(`Installing checkov ${version} into ${environment} …`);
  rmSync(environment, { recursive: true, force: true });
  const steps = [
    [python(), '-m', 'venv', environment],
    [inEnvironment('python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `checkov==${version}`],
  ];
  for (const [command = '', ...args] of steps) {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new CannotRun(`${command} ${args.join(' ')} failed:\n${stderr}`);
  }
}

/** Writes what checkov reads; gives the resources of each file. */
async function project(to: string): Promise<Map<string, ResourceBody[]>> {
  const bodies = new Map<string, ResourceBody[]>();
  for (const file of await readBicep(join(root, 'infra'))) {
    const resources = resourceBodies(file);
    if (resources.length === 0) continue;
    bodies.set(`/${file.path}.json`, resources);
    const template = {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      contentVersion: '1.0.0.0',
      // A name of its own for each, so that a finding names the symbol in Bicep.
      resources: resources.map(({ json, symbol }) => ({ ...json, name: symbol })),
    };
    const path = join(to, `${file.path}.json`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(template, null, 2));
  }
  return bodies;
}

function checkov(folder: string): Report {
  const args = [
    '--directory',
    folder,
    '--framework',
    'arm',
    '--output',
    'json',
    '--compact',
    '--skip-download',
    '--soft-fail',
  ];
  const { stdout, stderr, status } = spawnSync(inEnvironment('checkov'), args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, LOG_LEVEL: 'ERROR' },
  });
  if (status !== 0) throw new CannotRun(`checkov ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout) as Report;
}

/** What failed, without what is suppressed where it stands; and suppressions of what does not fail, which mislead. */
function judge(failed: readonly Check[], bodies: ReadonlyMap<string, ResourceBody[]>) {
  const lines: string[] = [];
  let problems = 0;
  const open = new Map(
    [...bodies].flatMap(([file, list]) =>
      list.flatMap((body) =>
        body.suppressions.map((one) => [`${file} ${body.symbol} ${one.id}`, { body, file, ...one }] as const),
      ),
    ),
  );
  let suppressed = 0;
  const place = (file: string, body: ResourceBody | undefined) =>
    `infra${file.replace(/\.json$/, '')}:${body?.line ?? 1} (${body?.symbol})`;
  for (const { check_id: id, check_name: name, file_path: file, resource } of failed) {
    const symbol = resource.split('.').at(-1) ?? '';
    const body = bodies.get(file)?.find((one) => one.symbol === symbol);
    const reason = body?.suppressions.find((one) => one.id === id)?.reason;
    open.delete(`${file} ${symbol} ${id}`);
    if (reason) suppressed += 1;
    else problems += 1;
    lines.push(`${reason ? 'suppressed' : 'FAILED    '}  ${id}  ${place(file, body)}: ${reason ?? name}`);
  }
  for (const { id, file, body } of open.values()) {
    problems += 1;
    lines.push(`FAILED      ${id}  ${place(file, body)}: it is suppressed, and does not fail. Remove the comment.`);
  }
  return { lines: lines.toSorted(), problems, suppressed };
}

async function main(): Promise<boolean> {
  install();
  const folder = mkdtempSync(join(tmpdir(), 'crossover-bodies-'));
  try {
    const bodies = await project(folder);
    const { results, summary } = checkov(folder);
    if (summary.parsing_errors > 0)
      throw new CannotRun(`checkov could not read ${summary.parsing_errors} of the files.`);
    const passed = results.passed_checks.length;
    if (passed === 0) throw new CannotRun('checkov checked nothing, which proves nothing.');
    const { lines, problems, suppressed } = judge(results.failed_checks, bodies);
    for (const line of lines) console.log(line);
    const resources = [...bodies.values()].reduce((count, list) => count + list.length, 0);
    console.log(
      `checkov ${version} on ${resources} resources of ${bodies.size} files: ${passed} checks passed, ${problems} failed, ${suppressed} are suppressed with a reason.`,
    );
    return problems === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  if (!(error instanceof CannotRun)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
