import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadyDocument } from '../../local/ready-document.ts';
import { crossover, type Program, projectFolder, startProgram } from '../support/program.ts';

/** `crossover start` on free ports, as users run it. */
export function startCloud(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Program<ReadyDocument>> {
  return startProgram([crossover, 'start', ...args, '--dynamic-ports', '--json'], readyDocument, environment);
}

/** With the shop and its settings. */
export function startShop(args: readonly string[]): Promise<Program<ReadyDocument>> {
  const sample = JSON.parse(readFileSync(join(projectFolder, 'local.settings.sample.json'), 'utf8')) as {
    readonly Values: Readonly<Record<string, string>>;
  };
  return startCloud([projectFolder, ...args], sample.Values);
}

function readyDocument(line: string): ReadyDocument | undefined {
  const entry = JSON.parse(line) as ReadyDocument & { readonly event: string };
  return entry.event === 'ready' ? entry : undefined;
}
