import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from './start-error.ts';

/** Raised when what the parts keep on disk changes so that an older program would misread it. */
const FORMAT_VERSION = 1;

export interface DataFolder {
  readonly path: string;
  /** Ends our claim. May be called twice. */
  release(): void;
}

interface Claim {
  readonly id: string;
  readonly pid: number;
  /** Tells our process from a later one with the same id; Linux only. */
  readonly processStart?: string;
}

/**
 * Claims a data folder for this process, and makes it if it is not there.
 * @throws StartError when another running instance holds it, or a newer program wrote it, or it cannot be written
 */
export function claimDataFolder(folder: string): DataFolder {
  const path = resolve(folder);
  try {
    mkdirSync(path, { recursive: true });
    checkFormat(path);
    return claim(path);
  } catch (error) {
    if (error instanceof StartError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `The data folder ${path} cannot be used: ${reason}. Choose another with --data, or use --in-memory.`,
      { cause: error },
    );
  }
}

function claim(path: string): DataFolder {
  const file = join(path, 'lock.json');
  const mine: Claim = { id: randomUUID(), pid: process.pid, processStart: processStart(process.pid) };
  for (let attempt = 0; ; attempt += 1) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 3) throw error;
      const holder = readClaim(file);
      if (holder && isRunning(holder))
        throw new StartError(
          `The data folder ${path} is in use by another instance, process ${holder.pid}. Stop that one, or choose another folder with --data. (If process ${holder.pid} is another program, delete ${file}.)`,
        );
      removeStale(file);
    }
  }
  // Two that found the same stale lock may both have replaced it: the last one has it.
  if (readClaim(file)?.id !== mine.id)
    throw new StartError(`The data folder ${path} was taken by another instance in this moment. Start again.`);
  const release = () => {
    process.off('exit', release);
    if (readClaim(file)?.id === mine.id) rmSync(file, { force: true });
  };
  // Cut short by a second Ctrl-C, we still leave no lock behind.
  process.once('exit', release);
  return { path, release };
}

function removeStale(file: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch {
    return; // somebody else was quicker
  }
  rmSync(aside, { force: true });
}

/** The process that holds the folder, if it runs. */
export function findHolder(folder: string): number | undefined {
  const holder = readClaim(join(resolve(folder), 'lock.json'));
  return holder && isRunning(holder) ? holder.pid : undefined;
}

function readClaim(file: string): Claim | undefined {
  try {
    const claim = JSON.parse(readFileSync(file, 'utf8')) as Claim;
    return Number.isInteger(claim.pid) ? claim : undefined;
  } catch {
    return undefined; // gone, or a machine that stopped while it was being written
  }
}

function isRunning({ pid, processStart: start }: Claim): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const found = processStat(pid);
  // Killed, and its parent has not asked how it ended: in a container nobody may ever ask.
  if (found?.state === 'Z') return false;
  return start === undefined || found === undefined || found.start === start;
}

const processStart = (pid: number) => processStat(pid)?.start;

/** Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)): the state, and when the process started, in ticks since boot. */
function processStat(pid: number): { readonly state: string; readonly start: string } | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, start: fields[19]! };
  } catch {
    return undefined;
  }
}

function checkFormat(path: string): void {
  const file = join(path, 'format.json');
  let found: unknown;
  try {
    found = (JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
  }
  if (found === FORMAT_VERSION) return;
  if (found !== undefined)
    throw new StartError(
      `The data folder ${path} was written in format ${String(found)}; this program reads format ${FORMAT_VERSION}. Use the program that wrote it, choose another folder with --data, or delete it.`,
    );
  writeFileSync(file, JSON.stringify({ version: FORMAT_VERSION }));
  writeFileSync(join(path, '.gitignore'), '*\n');
}
