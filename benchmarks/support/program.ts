import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
/** The command line, as `npm run build` has left it. */
export const crossover = join(projectFolder, 'local/bin/crossover.js');

export interface Program<Ready> {
  readonly ready: Ready;
  /** Waits until so many more lines have come that match. */
  lines(pattern: RegExp, count: number): Promise<void>;
  /** Asks it to stop and waits for that. */
  stop(): Promise<void>;
}

/**
 * Starts a Node program and waits until a line of its output says that it is ready.
 * @param isReady looks at one line; what it answers other than `undefined` is the program's `ready`
 */
export async function startProgram<Ready>(
  args: readonly string[],
  isReady: (line: string) => Ready | undefined,
  environment: Readonly<Record<string, string>> = {},
): Promise<Program<Ready>> {
  const child = spawn(process.execPath, [...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: tmpdir(),
    env: { ...process.env, ...environment },
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const output = createInterface({ input: child.stdout });
  const ready = await new Promise<Ready>((resolve, reject) => {
    output.on('line', (line) => {
      const answer = isReady(line);
      if (answer !== undefined) resolve(answer);
    });
    void ended.then((code) => reject(new Error(`${args.slice(0, 2).join(' ')} ended with exit code ${code}.`)));
  });
  output.removeAllListeners('line');
  return {
    ready,
    lines: (pattern, count) =>
      new Promise((resolve) => {
        let left = count;
        const look = (line: string) => {
          if (!pattern.test(line)) return;
          left -= 1;
          if (left > 0) return;
          output.off('line', look);
          resolve();
        };
        output.on('line', look);
        output.resume();
      }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Gives a folder to work in, and removes it after. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'crossover-benchmark-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
