import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const FORMAT = 1;
const FORMAT_FILE = 'format.json';
const NAME = /^(journal|snapshot)-(\d{8})\.log$/;

/** The data folder was written by a version whose format this one does not know. */
export class UnknownFormatError extends Error {
  constructor(folder: string, found: unknown) {
    super(
      `The data folder ${folder} has the format ${JSON.stringify(found)}, and this version reads format ${FORMAT}. Use the version that wrote it, or start with an empty data folder.`,
    );
    this.name = 'UnknownFormatError';
  }
}

const nameOf = (kind: 'journal' | 'snapshot', number: number): string =>
  `${kind}-${String(number).padStart(8, '0')}.log`;

/**
 * The files of a journal. `snapshot-N` holds what there was when `journal-N` began; to be read: the latest snapshot, then
 * every journal from its number on.
 */
export class JournalFiles {
  readonly folder: string;

  /** Creates the folder. @throws UnknownFormatError */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    // Snapshots that were not finished, and journals of runs in which nothing happened.
    for (const name of readdirSync(folder))
      if (name.endsWith('.log.tmp') || (NAME.test(name) && statSync(join(folder, name)).size === 0))
        rmSync(join(folder, name), { force: true });
    const formatFile = join(folder, FORMAT_FILE);
    if (!existsSync(formatFile)) {
      writeFileSync(formatFile, `${JSON.stringify({ format: FORMAT, kind: 'service-bus-journal' })}\n`);
      return;
    }
    let found: unknown;
    try {
      found = (JSON.parse(readFileSync(formatFile, 'utf8')) as { format?: unknown }).format;
    } catch {
      found = readFileSync(formatFile, 'utf8').slice(0, 80);
    }
    if (found !== FORMAT) throw new UnknownFormatError(folder, found);
  }

  journal(number: number): string {
    return join(this.folder, nameOf('journal', number));
  }

  snapshot(number: number): string {
    return join(this.folder, nameOf('snapshot', number));
  }

  /** The files to read, in order. */
  toRead(): string[] {
    const snapshot = this.numbers('snapshot').at(-1);
    const journals = this.numbers('journal').filter((number) => number >= (snapshot ?? 0));
    return [
      ...(snapshot === undefined ? [] : [this.snapshot(snapshot)]),
      ...journals.map((number) => this.journal(number)),
    ];
  }

  nextNumber(): number {
    return Math.max(0, ...this.numbers('journal'), ...this.numbers('snapshot')) + 1;
  }

  /** Forgets what the snapshot of this number has made superfluous; damaged files are put aside, not deleted. */
  dropBefore(number: number, damaged: ReadonlySet<string>): void {
    for (const kind of ['journal', 'snapshot'] as const)
      for (const each of this.numbers(kind)) {
        if (each >= number) continue;
        const name = nameOf(kind, each);
        if (damaged.has(name)) renameSync(join(this.folder, name), join(this.folder, `${name}.damaged`));
        else rmSync(join(this.folder, name), { force: true });
      }
  }

  private numbers(kind: 'journal' | 'snapshot'): number[] {
    return readdirSync(this.folder)
      .flatMap((name) => {
        const match = NAME.exec(name);
        return match?.[1] === kind ? [Number(match[2])] : [];
      })
      .sort((a, b) => a - b);
  }
}
