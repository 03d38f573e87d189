import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own, so that its processor time can be told from the client's. */
export interface ServerProcess {
  readonly port: number;
  /** Processor time it has used so far, user and system, in microseconds. */
  cpuMicroseconds(): Promise<number>;
  /** Memory in use, in bytes, after a garbage collection: not to be asked for while processor time is measured. */
  memoryBytes(): Promise<number>;
  close(): Promise<void>;
}

type Question = 'cpu' | 'memory';
type Told = { readonly ready: number } | { readonly answer: number };

/** @param module a file that calls {@link serve} */
export async function startServer(module: URL, args: readonly string[] = []): Promise<ServerProcess> {
  const child = fork(fileURLToPath(module), [...args], {
    execArgv: ['--expose-gc', '--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const failed = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`The server ended with exit code ${code}.`)),
  );
  failed.catch(() => {});
  const told = async () => ((await Promise.race([once(child, 'message'), failed])) as [Told])[0];
  const first = await told();
  if (!('ready' in first)) throw new Error('The server did not say on which port it listens.');
  const ask = async (question: Question) => {
    const answered = told();
    child.send(question);
    const reply = await answered;
    if (!('answer' in reply)) throw new Error('The server did not say what it used.');
    return reply.answer;
  };
  return {
    port: first.ready,
    cpuMicroseconds: () => ask('cpu'),
    memoryBytes: () => ask('memory'),
    async close() {
      const gone = once(child, 'exit');
      child.send('stop');
      await gone;
    },
  };
}

/** The other side of {@link startServer}: starts, says where, and answers until it is told to stop. */
export async function serve(start: () => Promise<{ port: number; close(): Promise<void> }>): Promise<void> {
  const server = await start();
  const stop = () => server.close().then(() => process.exit(0));
  const answers: Readonly<Record<Question, () => number>> = {
    cpu() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    memory() {
      (globalThis as { gc?: () => void }).gc?.();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    },
  };
  process.on('disconnect', stop);
  process.on('message', (message: Question | 'stop') => {
    if (message === 'stop') stop();
    else process.send?.({ answer: answers[message]() } satisfies Told);
  });
  process.send?.({ ready: server.port } satisfies Told);
}
