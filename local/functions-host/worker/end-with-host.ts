import { Worker } from 'node:worker_threads';

/**
 * Ends this process when the host's is gone, however it went (`kill -9`, the task manager). An app that yields hears its channel
 * close; one in an endless loop does not, so a thread of its own looks. By process id and not by a pipe: that is the same on
 * every system, Windows included.
 */
export function endWithHost(): void {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const thread = new Worker(new URL(`./host-watch.${extension}`, import.meta.url), {
    workerData: { hostPid: process.ppid },
    // Neither `--inspect` nor what NODE_OPTIONS loads is meant for it.
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  });
  // An app must not fail for want of a watcher: without one it is as it would be without this file.
  thread.on('error', () => {});
  thread.unref();
}
