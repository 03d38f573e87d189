import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ReadyDocument } from '../../local/ready-document.ts';

export const launcher = fileURLToPath(new URL('../../local/bin/crossover.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** For Node itself, before the launcher. */
  readonly nodeArgs?: readonly string[];
  readonly launcher?: string;
  /** With a channel, as a program that starts us as a child may want it. */
  readonly ipc?: boolean;
}

const running = new Set<ChildProcess>();

export function spawnCli(args: readonly string[], options: RunOptions = {}): ChildProcess {
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), options.launcher ?? launcher, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Runs a command line to its end. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return outcomeOf(spawnCli(args, options));
}

export function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk));
  // Not `close`: Node does not emit it once the parent itself has closed the channel.
  const over = [child.stdout!, child.stderr!].map((stream) => new Promise((resolve) => stream.once('close', resolve)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => void Promise.all(over).then(() => resolve({ code, stdout, stderr })));
  });
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly ready: ReadyDocument;
  readonly ended: Promise<Outcome>;
}

/** Starts a cloud (`start --json` and `args`); resolves when it says that it is ready. */
export function startCli(args: readonly string[], options: RunOptions = {}): Promise<RunningCli> {
  const child = spawnCli(['start', '--json', ...args], options);
  const ended = outcomeOf(child);
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const entry = JSON.parse(line) as { event: string };
      if (entry.event === 'ready') resolve({ child, ready: entry as unknown as ReadyDocument, ended });
    });
    void ended.then((outcome) => reject(new Error(`It ended with code ${outcome.code}:\n${outcome.stderr}`)));
  });
}

/** For `afterEach`: what a failed test left running ends. */
export async function stopAll(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      return gone;
    }),
  );
}

export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'crossover-cli-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Holds a port on the loopback address; 0: any. */
export async function holdPort(port = 0): Promise<{ port: number; release(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => holdPort()));
  await Promise.all(held.map((each) => each.release()));
  return held.map((each) => each.port);
}
