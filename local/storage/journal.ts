import { closeSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Azurite keeps its tables of contents in memory (LokiJS 1.5.12) and writes them to a file every 5 s: a process killed in
 * between would lose what it has acknowledged. So each change is also written down at once, beside that file, and put
 * together with it at the next start. What is written outlives the process, not a power cut: nothing waits for the disk.
 *
 * A segment holds the changes between two snapshots, a JSON array a line:
 *   ["made", collection]  ["removed", name]  ["put", name, document]  ["deleted", name, $loki]
 */

/** The part of a Loki database that is used here. */
export interface LokiDatabase {
  readonly collections: readonly LokiCollection[];
  readonly persistenceAdapter: {
    saveDatabase(file: string, text: string, done: (error?: unknown) => void): void;
  } | null;
  addCollection(name: string, ...rest: unknown[]): LokiCollection;
  removeCollection(name: string): void;
  loadDatabase(options: unknown, done: (error?: unknown) => void): void;
  serializeReplacer(key: string, value: unknown): unknown;
}

interface LokiCollection {
  readonly name: string;
  on(event: 'insert' | 'update' | 'delete', listener: (documents: LokiDocument | LokiDocument[]) => void): void;
  ensureAllIndexes(force: boolean): void;
}

interface LokiDocument {
  readonly $loki: number;
}

interface StoredCollection {
  readonly name: string;
  data: LokiDocument[];
  maxId?: number;
}

type Entry =
  | readonly ['made', StoredCollection]
  | readonly ['removed', string]
  | readonly ['put', string, LokiDocument]
  | readonly ['deleted', string, number];

/**
 * Brings the database's file up to date with what a killed process has written beside it, and from now on writes down every
 * change of `db`. To be called before the database is loaded.
 */
export function keepJournal(db: LokiDatabase, file: string): void {
  const adapter = db.persistenceAdapter;
  if (!adapter) return;
  const wasRecovered = recover(file);
  let number = 0;
  let open: { readonly path: string; readonly descriptor: number } | undefined;
  const watched = new WeakSet<LokiCollection>();

  function write(...entry: readonly unknown[]): void {
    if (!open) {
      number += 1;
      const path = `${file}.journal-${number}`;
      open = { path, descriptor: openSync(path, 'w') };
    }
    writeSync(open.descriptor, `${JSON.stringify(entry)}\n`);
  }

  function watch(collection: LokiCollection): LokiCollection {
    if (watched.has(collection)) return collection;
    watched.add(collection);
    const { name } = collection;
    const put = (documents: LokiDocument | LokiDocument[]) => {
      for (const document of Array.isArray(documents) ? documents : [documents]) write('put', name, document);
    };
    collection.on('insert', put);
    collection.on('update', put);
    collection.on('delete', (document) => write('deleted', name, (document as LokiDocument).$loki));
    return collection;
  }

  const { addCollection, removeCollection, loadDatabase } = db;
  db.addCollection = (name, ...rest) => {
    const isNew = !db.collections.some((each) => each.name === name);
    const collection = addCollection.call(db, name, ...rest);
    if (isNew) write('made', JSON.parse(JSON.stringify(collection, db.serializeReplacer)));
    return watch(collection);
  };
  db.removeCollection = (name) => {
    removeCollection.call(db, name);
    write('removed', name);
  };
  db.loadDatabase = (options, done) =>
    loadDatabase.call(db, options, (error) => {
      if (error instanceof SyntaxError) return done(damaged(file, error));
      // The positions that its indexes hold are those of the snapshot.
      if (wasRecovered) for (const collection of db.collections) collection.ensureAllIndexes(true);
      done(error);
    });
  const { saveDatabase } = adapter;
  adapter.saveDatabase = (name, text, done) => {
    // `text` has been made in this very turn: it holds all that the segment holds, and nothing that the next one will.
    const written = open;
    open = undefined;
    if (written) closeSync(written.descriptor);
    saveDatabase.call(adapter, name, text, (error) => {
      // After an error it stays: the next start still reads it.
      if (!error && written) rmSync(written.path, { force: true });
      done(error);
    });
  };
}

/** @returns whether there was anything to add */
function recover(file: string): boolean {
  const segments = segmentsOf(file);
  if (segments.length === 0) return false;
  const database = readSnapshot(file);
  const collections = new Map(
    database.collections.map((stored) => [
      stored.name,
      { stored, documents: new Map(stored.data.map((each) => [each.$loki, each])) },
    ]),
  );
  // A segment may be older than the snapshot, when the process ended before it could be removed: then its changes lead, all
  // together, to what the snapshot says already.
  for (const entry of segments.flatMap(readSegment)) {
    switch (entry[0]) {
      case 'made':
        if (!collections.has(entry[1].name)) collections.set(entry[1].name, { stored: entry[1], documents: new Map() });
        break;
      case 'removed':
        collections.delete(entry[1]);
        break;
      case 'put':
        collections.get(entry[1])?.documents.set(entry[2].$loki, entry[2]);
        break;
      case 'deleted':
        collections.get(entry[1])?.documents.delete(entry[2]);
        break;
    }
  }
  database.collections = [...collections.values()].map(({ stored, documents }) => {
    stored.data = [...documents.values()].sort((left, right) => left.$loki - right.$loki);
    stored.maxId = Math.max(stored.maxId ?? 0, stored.data.at(-1)?.$loki ?? 0);
    return stored;
  });
  const temporary = `${file}.recovered`;
  writeFileSync(temporary, JSON.stringify(database));
  renameSync(temporary, file);
  for (const segment of segments) rmSync(segment, { force: true });
  return true;
}

function segmentsOf(file: string): string[] {
  const prefix = `${basename(file)}.journal-`;
  const numberOf = (name: string) => Number(name.slice(prefix.length));
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix))
    .sort((left, right) => numberOf(left) - numberOf(right))
    .map((name) => join(dirname(file), name));
}

function readSnapshot(file: string): { collections: StoredCollection[] } {
  try {
    return parse(file, readFileSync(file, 'utf8')) as { collections: StoredCollection[] };
  } catch (error) {
    // Killed before the first snapshot.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { collections: [] };
    throw error;
  }
}

/** Whoever is killed leaves whole lines and whole files: what cannot be read was damaged by something else. */
function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(file, error as Error);
  }
}

const damaged = (file: string, cause: Error) => new Error(`${file} is damaged: ${cause.message}`, { cause });

function readSegment(segment: string): Entry[] {
  const lines = readFileSync(segment, 'utf8').split('\n');
  // What follows the last line's end is a change whose writing was cut short; nobody was told of it.
  lines.pop();
  return lines.map((line) => parse(segment, line) as Entry);
}
