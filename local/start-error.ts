/** Why the local cloud could not start: one sentence with what, where and the remedy, to be shown as it is. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}

interface Listening {
  /** As people know it: "Service Bus". */
  readonly part: string;
  readonly port: number;
  /** `--service-bus-port` */
  readonly option: string;
}

/** Turns the system's refusal of a port into a sentence; every other error stays what it is. */
export function explainListenError(error: unknown, listening: readonly Listening[]): unknown {
  if (!(error instanceof Error)) return error;
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error;
  const found = listening.find((each) => each.port === port) ?? listening[0];
  if (!found) return error;
  const { part, option } = found;
  const text =
    code === 'EADDRINUSE'
      ? `${part} cannot listen on port ${port ?? found.port}: another program uses it. Stop that program, or choose another port with ${option} (0: a free one).`
      : `${part} may not listen on port ${port ?? found.port}. Choose a port above 1023 with ${option}.`;
  return new StartError(text, { cause: error });
}
