import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cloudFromReadyFile, startOwnCloud } from './cloud.ts';
import { type Language, languages } from './languages.ts';

/**
 * Runs the programs that use the published clients of other languages against the local cloud.
 * ```
 * node tests/clients/run.ts [--ready-file <file>] [--require] [python] [go] [java] [dotnet]
 * ```
 * Without a ready file a local cloud is started for them, in memory, on free ports. A language whose tools are not on this
 * machine is skipped, and the last lines say so; with `--require` that counts as a failure. Exit code 1 when a program failed.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'ready-file': { type: 'string' }, require: { type: 'boolean', default: false } },
});

const unknown = positionals.filter((name) => !languages.some((language) => language.name === name));
if (unknown.length > 0) {
  console.error(
    `There are no programs for ${unknown.join(', ')}. Known: ${languages.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}

const here = dirname(fileURLToPath(import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'crossover-clients-'));
const results: string[] = [];
let isFailed = false;

try {
  const wanted = languages.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const cloud = values['ready-file']
    ? await cloudFromReadyFile(values['ready-file'], folder)
    : await startOwnCloud(folder);
  try {
    for (const language of wanted) results.push(await runLanguage(language, cloud.environment));
  } finally {
    await cloud.close();
  }
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
console.log(`\n${results.join('\n')}`);
process.exit(isFailed ? 1 : 0);

async function runLanguage(language: Language, environment: Record<string, string>): Promise<string> {
  if (language.platform && language.platform !== `${process.platform} ${process.arch}`) {
    if (values.require) isFailed = true;
    return `SKIPPED ${language.name}: it needs ${language.platform}`;
  }
  const missing = language.needs.filter(({ command, args }) => !isThere(command, args));
  if (missing.length > 0) {
    if (values.require) isFailed = true;
    return `SKIPPED ${language.name}: ${missing.map(({ command }) => command).join(', ')} not found on this machine`;
  }
  const started = Date.now();
  for (const step of language.steps(join(here, language.name), join(folder, language.name))) {
    console.log(`\n[${language.name}] ${step.what}`);
    const code = await run(step, { ...process.env, ...environment, ...step.environment });
    if (code === 0) continue;
    isFailed = true;
    return `FAILED  ${language.name}: ${step.what} ended with ${code}`;
  }
  return `PASSED  ${language.name} (${Math.round((Date.now() - started) / 1000)} s)`;
}

function isThere(command: string, args: readonly string[]): boolean {
  const { status, error } = spawnSync(command, args, { stdio: 'ignore', shell: needsShell(command) });
  return !error && status === 0;
}

function run(step: ReturnType<Language['steps']>[number], env: NodeJS.ProcessEnv): Promise<number | string> {
  return new Promise((resolve) => {
    const child = spawn(step.command, step.args, {
      cwd: step.folder,
      env,
      stdio: 'inherit',
      shell: needsShell(step.command),
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
}

/** On Windows Maven is a batch file, which only a shell can start. */
function needsShell(command: string): boolean {
  return process.platform === 'win32' && command === 'mvn';
}
