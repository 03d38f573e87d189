/** Signals that ask a program to stop; which of them can come depends on the system. */
const SIGNALS: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The launcher passes on a Ctrl-C that the terminal has sent to us as well: within this time the two are one. */
const SAME_REQUEST_MS = 150;

export interface StopRequests {
  /** Resolves with what asked: a signal's name, or `message`. */
  readonly first: Promise<string>;
  /** Called for every further request. */
  onAgain(listener: () => void): void;
  dispose(): void;
}

/**
 * Listens for requests to stop: the system's signals, and, for a parent that started us with an IPC channel (on Windows the
 * only way, where a signal to another process kills it), the message `"stop"` or the end of that channel.
 */
export function listenForStop(now: () => number): StopRequests {
  let resolveFirst: (reason: string) => void = () => undefined;
  const first = new Promise<string>((resolve) => {
    resolveFirst = resolve;
  });
  let firstAt: number | undefined;
  let again: (() => void) | undefined;

  const request = (reason: string) => {
    if (firstAt === undefined) {
      firstAt = now();
      resolveFirst(reason);
    } else if (now() - firstAt > SAME_REQUEST_MS) again?.();
  };
  const onMessage = (message: unknown) => {
    if (message === 'stop' || (message as { type?: unknown } | null)?.type === 'stop') request('message');
  };
  const onDisconnect = () => request('message');

  for (const signal of SIGNALS) process.on(signal, request);
  if (process.channel) {
    process.on('message', onMessage);
    process.on('disconnect', onDisconnect);
    process.channel.unref();
  }
  return {
    first,
    onAgain: (listener) => {
      again = listener;
    },
    dispose: () => {
      for (const signal of SIGNALS) process.off(signal, request);
      process.off('message', onMessage);
      process.off('disconnect', onDisconnect);
    },
  };
}
