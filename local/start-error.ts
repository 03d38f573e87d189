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

/** Turns what a part refused into a sentence for the user; a defect stays what it is. */
export function explainStartError(error: unknown, dataFolder: string | null, listening: readonly Listening[]): unknown {
  if (!(error instanceof Error)) return error;
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  const found = listening.find((each) => each.port === port);
  if (code === 'EADDRINUSE' && found)
    return new StartError(
      `${found.part} cannot listen on port ${port}: another program uses it. Stop that program, or choose another port with ${found.option} (0: a free one).`,
      { cause: error },
    );
  if (code === 'EACCES' && found)
    return new StartError(
      `${found.part} may not listen on port ${port}. Choose a port above 1023 with ${found.option}.`,
      { cause: error },
    );
  // What the brokers say of entities and journals comes as a plain Error; a defect as one of its kinds.
  if (error.constructor !== Error || code !== undefined) return error;
  const remedy =
    dataFolder === null
      ? 'Put the entities right.'
      : `Put the entities right; or, if what is kept in ${dataFolder} is damaged, or does not fit them any more, delete that folder.`;
  return new StartError(`${error.message.replace(/\.?$/, '.')} ${remedy}`, { cause: error });
}
