import { createRequire } from 'node:module';
import { RealClock } from '../clock/index.ts';
import { type CommandLine, readCommandLine, UsageError } from './arguments.ts';
import { isExpected } from './expected.ts';
import { listenForStop } from './stop-signals.ts';
import { usage } from './usage.ts';

const require = createRequire(import.meta.url);

/**
 * Runs a command line and ends the process: 0 done, or asked to stop; 1 could not start or go on (the last line on standard
 * error says why); 2 the command line was wrong (the usage follows).
 */
export async function main(args: readonly string[]): Promise<void> {
  // "crossover start | head": who reads no more must not bring the cloud down.
  process.stdout.on('error', () => undefined);
  let code: number;
  try {
    code = await run(args);
  } catch (error) {
    code = explain(error);
  }
  // Not left to the event loop: an idle connection of a library must not keep the terminal.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

async function run(args: readonly string[]): Promise<number> {
  const request = readCommandLine(args);
  if (request.kind === 'version') {
    // Beside this file as a source, two folders up once it is built.
    const { version } = require('crossover-local/package.json') as { version: string };
    console.log(version);
    return 0;
  }
  if (request.kind === 'help') {
    console.log(usage(request.command));
    return 0;
  }
  // Each command loads what it needs and no more: help and errors answer at once.
  switch (request.line.command) {
    case 'start':
      return start(request.line);
    case 'settings':
      return (await import('./settings-command.ts')).settings(request.line);
    default:
      return (await import('./check-command.ts')).check(request.line);
  }
}

async function start(line: CommandLine): Promise<number> {
  const clock = new RealClock();
  // Before the rest is loaded: a Ctrl-C of the first moment is a request as any other.
  const stop = listenForStop(() => clock.now());
  try {
    const command = await Promise.race([loadStart(), stop.first.then(() => undefined)]);
    return command ? await command.start(line, stop, clock) : 0;
  } finally {
    stop.dispose();
  }
}

/** Part by part, and a turn of the event loop after each: a Ctrl-C is heard when one part is loaded, not when all are. */
async function loadStart(): Promise<typeof import('./start-command.ts')> {
  const parts = [
    () => import('../auth/index.ts'),
    () => import('../service-bus/index.ts'),
    () => import('../service-bus/protocol/http/index.ts'),
    () => import('../event-hubs/index.ts'),
    () => import('../event-grid/index.ts'),
    () => import('../storage/index.ts'),
  ];
  for (const load of parts) {
    await load();
    await new Promise(setImmediate);
  }
  return import('./start-command.ts');
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${usage(error.command)}`);
    return 2;
  }
  if (isExpected(error)) console.error(error.message);
  else {
    console.error(error instanceof Error ? error.stack : String(error));
    console.error('This is a defect of crossover, not of your project: please report it with the lines above.');
  }
  return 1;
}
