import type { Broker, Durability, StoredRecord } from '../engine/api.ts';

/** Where a broker's state is kept between two runs. */
export interface Store extends Durability {
  /** What was stored before, in order; read it once, before {@link follow}. */
  read(): Iterable<StoredRecord>;
  /** What was found while reading: complete once {@link read} has come to its end. */
  readonly damage: readonly Damage[];
  /** Keeps everything that happens in the broker from now on. */
  follow(broker: Pick<Broker, 'onRecord' | 'records'>): void;
  /** Writes what is there anew and forgets how it came about. Runs by itself when it pays; tests and `reset` call it. */
  compact(): Promise<void>;
  /** Everything is on disk when it resolves. */
  close(): Promise<void>;
}

/** A place in a file that could not be read. */
export interface Damage {
  readonly file: string;
  readonly offset: number;
  /** `torn`: the end of a file, as a kill in the middle of writing leaves it; nothing in it had been acknowledged. */
  readonly kind: 'torn' | 'damaged';
  readonly skippedBytes: number;
  /** Records read before and after it in the same file. */
  readonly recordsBefore: number;
  readonly recordsAfter: number;
}
