import { type Row, type Rows, type StoredRow, toKey } from '../storage/rows.ts';
import { done, type Outcome, retryLater } from './outcome.ts';
import { delayAfter, type RetryPolicy, type Sleep } from './retry.ts';

/**
 * Does a piece of work once, over all machines and all repeats of its message.
 *
 * A row says who is at work and until when (a lease, renewed while the work runs), or that it is done. What can happen:
 * - The same message again, later: the row says done; nothing is done.
 * - The same message twice at once: the second waits for the first, and gives up as `in-progress` when that takes too long,
 *   so that the caller asks for the message again. (Failing at once would burn the deliveries of a queue in milliseconds.)
 * - The work fails: the lease is given back and the error goes on; the next attempt starts at once.
 * - The process dies at work: the lease ends, the next attempt takes over (by ETag, so only one does).
 * - The process dies between the work and the mark: the work is repeated. No store can prevent that, so work must give every
 *   effect an id that follows from the key (`derivedId`): then its repetition is dropped, or overwrites the same thing.
 * - The lease is lost while at work (a long pause): `attempt.signal` says so, and the mark of the new holder stands.
 */
export type Once = <T extends OnceValue>(
  work: OnceKey,
  run: (attempt: Attempt) => Promise<T>,
) => Promise<OnceResult<T>>;

/** What is kept with the mark, for whoever asks again: JSON of at most 30,000 characters. */
export type OnceValue = string | number | boolean | null | undefined | { readonly [name: string]: OnceValue };

export interface OnceKey {
  /** Whose work it is: the function's name. */
  readonly scope: string;
  /** What makes it the same work: a message id, or better an id from the business. */
  readonly key: string;
}

export interface Attempt {
  /** From 1. Above 1 an earlier attempt may have done a part. */
  readonly number: number;
  /** Aborted when the lease was lost: somebody else is at this work now. */
  readonly signal: AbortSignal;
}

export type OnceResult<T> =
  | { readonly outcome: 'done'; readonly value: T }
  | { readonly outcome: 'done-before'; readonly value: T }
  | { readonly outcome: 'in-progress' };

export interface OnceOptions {
  readonly rows: Rows;
  readonly now: () => number;
  readonly sleep: Sleep;
  /** Calls again and again until the returned function is called. */
  readonly every: (ms: number, call: () => void) => () => void;
  /** How long a dead process holds its work. Renewed every third of it. */
  readonly leaseMs?: number;
  /** How long to wait for another who is at the same work. */
  readonly patienceMs?: number;
}

const waiting: RetryPolicy = { attempts: Number.POSITIVE_INFINITY, firstDelayMs: 50, maximumDelayMs: 1000 };

export function createOnce(options: OnceOptions): Once {
  const { rows, now, leaseMs = 15_000, patienceMs = 20_000 } = options;
  return async <T extends OnceValue>({ scope, key }: OnceKey, run: (attempt: Attempt) => Promise<T>) => {
    const giveUpAt = now() + patienceMs;
    const keys = { partitionKey: toKey(scope), rowKey: toKey(key) };
    const working = (number: number) => ({ ...keys, state: 'working', leaseUntil: now() + leaseMs, attempt: number });
    for (let look = 1; ; look++) {
      const claim = await take(rows, working, now);
      if (claim.outcome === 'done') return { outcome: 'done-before', value: keptValue<T>(claim.row) };
      if (claim.outcome === 'taken') {
        const result = await workUnderLease({ ...options, leaseMs }, claim, working, run);
        if (result.outcome === 'done') return result;
        continue; // The lease was lost: see what the new holder makes of it.
      }
      const pauseMs = delayAfter(look, waiting);
      if (now() + pauseMs > giveUpAt) return { outcome: 'in-progress' };
      await options.sleep(pauseMs);
    }
  };
}

/** For handlers: the work is done, now or before, or the message has to come again. */
export async function handleOnce(once: Once, key: OnceKey, run: (attempt: Attempt) => Promise<void>): Promise<Outcome> {
  const { outcome } = await once(key, async (attempt) => {
    await run(attempt);
    return undefined;
  });
  return outcome === 'in-progress' ? retryLater(`Another attempt is at work on ${key.scope} ${key.key}.`) : done;
}

type Working = (attempt: number) => Row;
type Claim =
  | { readonly outcome: 'taken'; readonly etag: string; readonly attempt: number }
  | { readonly outcome: 'done'; readonly row: StoredRow }
  | { readonly outcome: 'busy' };

async function take(rows: Rows, working: Working, now: () => number): Promise<Claim> {
  const first = working(1);
  const inserted = await rows.insert(first);
  if (inserted.outcome === 'inserted') return { outcome: 'taken', etag: inserted.etag, attempt: 1 };
  const row = await rows.read(first.partitionKey, first.rowKey);
  if (!row) return { outcome: 'busy' }; // Removed by a clean-up in between: the next look inserts.
  if (row.state === 'done') return { outcome: 'done', row };
  if (Number(row.leaseUntil) > now()) return { outcome: 'busy' };
  const attempt = Number(row.attempt) + 1;
  const replaced = await rows.replace(working(attempt), row.etag);
  return replaced.outcome === 'replaced' ? { outcome: 'taken', etag: replaced.etag, attempt } : { outcome: 'busy' };
}

async function workUnderLease<T extends OnceValue>(
  { rows, now, every, leaseMs }: OnceOptions & { readonly leaseMs: number },
  claim: Extract<Claim, { outcome: 'taken' }>,
  working: Working,
  run: (attempt: Attempt) => Promise<T>,
): Promise<{ readonly outcome: 'done'; readonly value: T } | { readonly outcome: 'lost' }> {
  const lost = new AbortController();
  let etag = claim.etag;
  // One write at a time: the mark waits for a renewal that is under way, for both need the newest ETag.
  let renewal: Promise<void> = Promise.resolve();
  const stop = every(Math.floor(leaseMs / 3), () => {
    renewal = renewal.then(async () => {
      if (lost.signal.aborted) return;
      // A renewal that fails is no reason to stop: the lease holds for two more of them.
      const renewed = await rows.replace(working(claim.attempt), etag).catch(() => undefined);
      if (renewed?.outcome === 'replaced') etag = renewed.etag;
      if (renewed?.outcome === 'changed') lost.abort();
    });
  });
  const end = async (row: Row) => {
    stop();
    await renewal;
    return lost.signal.aborted ? 'changed' : (await rows.replace(row, etag)).outcome;
  };
  let value: T;
  try {
    value = await run({ number: claim.attempt, signal: lost.signal });
  } catch (error) {
    // If giving back fails too, the lease ends by itself; the error that matters is the work's.
    await end({ ...working(claim.attempt), leaseUntil: 0 }).catch(() => undefined);
    throw error;
  }
  const mark = { ...working(claim.attempt), state: 'done', leaseUntil: 0, doneAt: now() };
  const marked = await end({ ...mark, ...(value !== undefined && { value: JSON.stringify(value) }) });
  return marked === 'replaced' ? { outcome: 'done', value } : { outcome: 'lost' };
}

function keptValue<T>(row: StoredRow): T {
  return (row.value === undefined ? undefined : JSON.parse(String(row.value))) as T;
}
