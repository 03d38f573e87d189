import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own, so that its processor time can be told from the client's. */
export interface ServerProcess {
  readonly port: number;
  /** Processor time it has used so far, user and system, in microseconds. */
  cpuMicroseconds(): Promise<number>;
  /** Resident memory, in bytes, after a garbage collection. */
  memoryBytes(): Promise<number>;
  close(): Promise<void>;
}

type Answer =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'usage'; readonly cpu: number; readonly memory: number };

/** @param module a file of this folder that calls {@link serve} */
export async function startServer(module: URL, args: readonly string[] = []): Promise<ServerProcess> {
  const child = fork(fileURLToPath(module), [...args], {
    execArgv: ['--expose-gc', '--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const failed = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`The server ended with exit code ${code}.`)),
  );
  failed.catch(() => {});
  const [ready] = (await Promise.race([once(child, 'message'), failed])) as [Answer];
  if (ready.type !== 'ready') throw new Error('The server did not say on which port it listens.');
  const usage = async () => {
    const answered = once(child, 'message');
    child.send('usage');
    const [answer] = (await answered) as [Answer];
    if (answer.type !== 'usage') throw new Error('The server did not say what it used.');
    return answer;
  };
  return {
    port: ready.port,
    cpuMicroseconds: async () => (await usage()).cpu,
    memoryBytes: async () => (await usage()).memory,
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
  process.on('disconnect', stop);
  process.on('message', (message) => {
    if (message === 'stop') stop();
    if (message === 'usage') {
      (globalThis as { gc?: () => void }).gc?.();
      const { user, system } = process.cpuUsage();
      process.send?.({ type: 'usage', cpu: user + system, memory: process.memoryUsage().rss });
    }
  });
  process.send?.({ type: 'ready', port: server.port });
}
