import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ReadyDocument } from '../ready-document.ts';
import { StartError } from '../start-error.ts';

export interface ReadyFile {
  readonly path: string;
  /** Removes it, if it is still ours. */
  remove(): void;
}

/** Removes what an earlier run that was killed may have left: whoever waits for the file must not read that. */
export function removeStaleReadyFile(file: string): void {
  try {
    rmSync(resolve(file), { force: true });
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** Writes the document beside the file and renames it, so that nobody reads half of it. */
export function writeReadyFile(file: string, document: ReadyDocument): ReadyFile {
  const path = resolve(file);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, `${JSON.stringify(document, null, 2)}\n`);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw cannotWrite(file, error);
  }
  return {
    path,
    remove: () => {
      if (readReadyFile(path)?.pid === document.pid) rmSync(path, { force: true });
    },
  };
}

/** `undefined`: there is none, or it cannot be read. */
export function readReadyFile(file: string): ReadyDocument | undefined {
  try {
    return JSON.parse(readFileSync(resolve(file), 'utf8')) as ReadyDocument;
  } catch {
    return undefined;
  }
}

function cannotWrite(file: string, error: unknown): StartError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StartError(`The ready file ${file} cannot be written: ${reason}. Name another with --ready-file.`, {
    cause: error,
  });
}
