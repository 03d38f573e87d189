import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { FunctionError, HostMessage, InvocationRequest, InvocationResponse, WorkerMessage } from './rpc.ts';
import { FunctionsHostError } from './types.ts';

export type AppOutcome =
  | { readonly kind: 'succeeded'; readonly response: InvocationResponse }
  | { readonly kind: 'failed'; readonly error: FunctionError }
  /** The process ended before the function did: nobody knows how far it came. */
  | { readonly kind: 'lost'; readonly reason: string };

export type Started = Extract<WorkerMessage, { type: 'started' }>;
export type WorkerLog = Extract<WorkerMessage, { type: 'log' }>;

export interface AppProcessOptions {
  readonly appFolder: string;
  /** package.json's `main` and whether its `type` is `module`. */
  readonly main: string;
  readonly isModule: boolean;
  readonly environment: () => Record<string, string>;
  onLog(entry: WorkerLog): void;
  /** A line that the app printed by itself. */
  onOutput(line: string, stream: 'stdout' | 'stderr'): void;
  /** The process ended unasked; it starts again after `restartInMs`. */
  onCrash(reason: string, restartInMs: number): void;
  onRestarted(started: Started): void;
  /** A restart found an app that does not load. It will be tried again. */
  onRestartFailed(reason: string, restartInMs: number): void;
}

const firstBackOffMs = 100;
const longestBackOffMs = 10_000;
/** A process that has lived this long is well again: the next crash is a first one. */
const healthyAfterMs = 30_000;
const terminateWithinMs = 350;
/** An app that has not loaded by then never will: it waits for something, or loops. */
const loadWithinMs = 60_000;

/**
 * The app's process lives in real time, whatever time its host is told: under a virtual clock, too, an app that crashes comes
 * back, and one that does not end is ended. It is started, told what to run, started again when it ends unasked, ended when asked.
 */
export class AppProcess {
  private readonly options: AppProcessOptions;
  private child: ChildProcess | undefined;
  private readonly running = new Map<string, (outcome: AppOutcome) => void>();
  private readonly waitingForStart = new Set<() => void>();
  private isReady = false;
  private isClosed = false;
  private crashes = 0;
  private startedAt = 0;
  private restartTimer: NodeJS.Timeout | undefined;
  private intendedRestart: string | undefined;

  constructor(options: AppProcessOptions) {
    this.options = options;
  }

  /** The process id, for people who want to attach a debugger. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** @throws {@link FunctionsHostError} when the app does not load; no process is left behind */
  async start(): Promise<Started> {
    const started = await this.launch();
    this.isReady = true;
    return started;
  }

  /** Runs a function. Waits while the process is being started again. Never rejects. */
  async invoke(request: InvocationRequest): Promise<AppOutcome> {
    while (!this.isReady) {
      if (this.isClosed) return { kind: 'lost', reason: 'The host is stopping.' };
      await new Promise<void>((resolve) => this.waitingForStart.add(resolve));
    }
    return new Promise((resolve) => {
      this.running.set(request.invocationId, resolve);
      this.send({ type: 'invoke', request });
    });
  }

  setEnvironment(values: Readonly<Record<string, string>>): void {
    this.send({ type: 'environment', values });
  }

  /** Ends the process now and starts a new one: for a function that ran out of time, and for changed files. */
  restart(reason: string): void {
    if (!this.child || this.isClosed) return;
    this.intendedRestart = reason;
    this.child.kill('SIGKILL');
  }

  /** Ends a {@link start} that is still going on: it rejects. */
  abandonStart(): void {
    if (!this.isReady) this.child?.kill('SIGKILL');
  }

  /** Runs the app's appTerminate hooks, for a bounded time; then the process is gone whatever it does. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.isReady = false;
    clearTimeout(this.restartTimer);
    this.wakeWaiting();
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.send({ type: 'terminate' });
    const killer = setTimeout(() => child.kill('SIGKILL'), terminateWithinMs);
    await ended;
    clearTimeout(killer);
  }

  private launch(): Promise<Started> {
    const { appFolder, main, isModule, environment } = this.options;
    const env = environment();
    const child = fork(workerFile(), [], {
      cwd: appFolder,
      env,
      execArgv: nodeArguments(env),
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    this.startedAt = performance.now();
    this.readLines(child.stdout, 'stdout');
    this.readLines(child.stderr, 'stderr');
    // Whatever ends this process, as a second Ctrl-C does: an app in an endless loop would not see its channel close.
    const killWithUs = () => child.kill('SIGKILL');
    process.once('exit', killWithUs);
    child.once('close', () => process.off('exit', killWithUs));
    let loadTimer: NodeJS.Timeout | undefined;
    return new Promise<Started>((resolve, reject) => {
      let hasStarted = false;
      loadTimer = setTimeout(() => {
        child.removeAllListeners('exit');
        child.kill('SIGKILL');
        reject(new FunctionsHostError(`The app did not finish loading within ${loadWithinMs / 1000} s.`));
      }, loadWithinMs);
      child.on('message', (message: WorkerMessage) => {
        if (message.type === 'started') {
          hasStarted = true;
          resolve(message);
        } else if (message.type === 'start-failed') {
          hasStarted = true;
          child.removeAllListeners('exit');
          child.kill('SIGKILL');
          reject(new FunctionsHostError(startFailure(message)));
        } else this.receive(message);
      });
      child.on('error', (error) =>
        reject(new FunctionsHostError(`The app's process cannot be started: ${error.message}`)),
      );
      child.on('exit', (code, signal) => {
        const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
        if (hasStarted) this.afterExit(how);
        else reject(new FunctionsHostError(`The app's process ${how} while the app was loading.`));
      });
      this.send({ type: 'start', appFolder, main, module: isModule });
    }).finally(() => clearTimeout(loadTimer));
  }

  private receive(message: Exclude<WorkerMessage, { type: 'started' | 'start-failed' }>): void {
    if (message.type === 'log') {
      this.options.onLog(message);
      return;
    }
    const resolve = this.running.get(message.invocationId);
    if (!resolve) return;
    this.running.delete(message.invocationId);
    if (message.type === 'succeeded') resolve({ kind: 'succeeded', response: message.response });
    else resolve({ kind: 'failed', error: message.error });
  }

  private afterExit(how: string): void {
    this.isReady = false;
    this.child = undefined;
    const reason = this.intendedRestart ?? `The app's process ${how}.`;
    const wasIntended = this.intendedRestart !== undefined;
    this.intendedRestart = undefined;
    const lost = [...this.running.values()];
    this.running.clear();
    if (!this.isClosed) {
      if (performance.now() - this.startedAt > healthyAfterMs) this.crashes = 0;
      const waitMs = wasIntended ? 0 : this.backOffMs();
      if (!wasIntended) this.options.onCrash(reason, waitMs);
      this.restartAfter(waitMs);
    }
    for (const resolve of lost) resolve({ kind: 'lost', reason });
  }

  private backOffMs(): number {
    const waitMs = Math.min(firstBackOffMs * 2 ** this.crashes, longestBackOffMs);
    this.crashes += 1;
    return waitMs;
  }

  private restartAfter(waitMs: number): void {
    this.restartTimer = setTimeout(() => void this.relaunch(), waitMs);
  }

  private async relaunch(): Promise<void> {
    try {
      const started = await this.launch();
      if (this.isClosed) return;
      this.options.onRestarted(started);
      this.isReady = true;
      this.wakeWaiting();
    } catch (error) {
      if (this.isClosed) return;
      const waitMs = this.backOffMs();
      this.options.onRestartFailed((error as Error).message, waitMs);
      this.restartAfter(waitMs);
    }
  }

  private wakeWaiting(): void {
    for (const wake of this.waitingForStart) wake();
    this.waitingForStart.clear();
  }

  private send(message: HostMessage): void {
    // A process that dies between two messages shows by its exit; a failed send says nothing more.
    if (this.child?.connected) this.child.send(message, () => {});
  }

  private readLines(from: Readable | null, stream: 'stdout' | 'stderr'): void {
    if (from) createInterface({ input: from }).on('line', (line) => this.options.onOutput(line, stream));
  }
}

/** Beside this file: TypeScript in the repository, JavaScript in the package. */
function workerFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./worker/main.${extension}`, import.meta.url));
}

/** `languageWorkers__node__arguments` as in Azure, such as `--inspect=9229`. */
function nodeArguments(environment: Readonly<Record<string, string>>): string[] {
  const text = environment.languageWorkers__node__arguments ?? environment['languageWorkers:node:arguments'] ?? '';
  return text.split(/\s+/).filter((argument) => argument !== '');
}

function startFailure({ error, code }: Extract<WorkerMessage, { type: 'start-failed' }>): string {
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
    if (/Cannot find (module|package) '@azure\/functions'/.test(error.message)) {
      return 'The app needs the package @azure/functions, and it is not installed: run "npm install @azure/functions".';
    }
    return `${error.message.split('\n')[0]}; is it installed and built?`;
  }
  // The last line is the one that people read.
  return error.stack.includes('\n') ? `${error.stack}\n${error.message}` : error.message;
}
