import type { DataFolder } from './data-folder.ts';

/** First whoever uses others: the app, what listens, the brokers (capture writes its last file), and storage. */
const STAGES = ['app', 'servers', 'brokers', 'storage'] as const;
export type Stage = (typeof STAGES)[number];

/** Remembers what has been started, also while the rest is still starting, and closes it in order, once. */
export class Closing {
  private readonly dataFolder: DataFolder | undefined;
  private readonly closers = new Map<Stage, (() => Promise<void> | void)[]>();
  private closed: Promise<void> | undefined;

  constructor(dataFolder: DataFolder | undefined) {
    this.dataFolder = dataFolder;
  }

  async track<T extends { close(): Promise<void> }>(stage: Stage, started: Promise<T>): Promise<T> {
    const part = await started;
    this.before(stage, () => part.close());
    return part;
  }

  /** Runs with the stage, before what was remembered earlier. */
  before(stage: Stage, close: () => Promise<void> | void): void {
    this.closers.set(stage, [close, ...(this.closers.get(stage) ?? [])]);
  }

  close(): Promise<void> {
    this.closed ??= this.closeAll();
    return this.closed;
  }

  private async closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const stage of STAGES) {
      const settled = await Promise.allSettled((this.closers.get(stage) ?? []).map(async (close) => close()));
      for (const result of settled) if (result.status === 'rejected') failures.push(result.reason);
    }
    this.dataFolder?.release();
    if (failures.length > 0) throw failures[0];
  }
}

/** Like `Promise.all`, but settles only when all have: what starts must have started before it can be closed. */
export async function allOrFirstError<T extends readonly unknown[]>(
  started: { readonly [K in keyof T]: Promise<T[K]> },
) {
  const settled = await Promise.allSettled(started);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}
