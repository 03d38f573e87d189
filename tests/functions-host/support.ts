import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FunctionsHost, type FunctionsHostOptions, startFunctionsHost } from '../../local/functions-host/index.ts';

export interface RunningApp {
  readonly host: FunctionsHost;
  readonly url: string;
  readonly lines: readonly string[];
  /** Waits for the next thing that the app recorded under this name (`console.log('RECORD', name, JSON)`). */
  next<T = Recorded>(name: string): Promise<T>;
  /** Waits for a line of the log, past or to come. */
  line(pattern: RegExp): Promise<string>;
  recorded(name: string): readonly unknown[];
  close(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: what an app records is whatever it wrote
export type Recorded = any;

export const appFolder = (name: string) => fileURLToPath(new URL(`./apps/${name}`, import.meta.url));

/** A log that keeps its lines and what the app recorded, and lets a test wait for either. */
export function recorder() {
  const lines: string[] = [];
  const records: { name: string; value: unknown }[] = [];
  const taken = new Set<object>();
  const watchers = new Set<() => void>();
  const log: FunctionsHostOptions['log'] = (level, _source, text) => {
    const found = /^RECORD (\S+) (.*)$/s.exec(text);
    if (found) records.push({ name: found[1]!, value: JSON.parse(found[2]!) });
    else lines.push(`${level}: ${text}`);
    for (const look of [...watchers]) look();
  };
  const until = <T>(find: () => T | undefined, what: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        watchers.delete(look);
        reject(new Error(`Nothing like ${what}; the log says:\n${lines.join('\n')}`));
      }, 20_000);
      const look = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
    });
  return {
    log,
    lines: lines as readonly string[],
    next: async <T = Recorded>(name: string): Promise<T> => {
      const isNext = (record: (typeof records)[number]) => record.name === name && !taken.has(record);
      const found = await until(() => records.find(isNext), `record "${name}"`);
      taken.add(found);
      return found.value as T;
    },
    line: (pattern: RegExp) => until(() => lines.find((line) => pattern.test(line)), String(pattern)),
    recorded: (name: string): readonly unknown[] =>
      records.filter((record) => record.name === name).map(({ value }) => value),
  };
}

/** Runs one of `apps/`, or a folder, on a free port. */
export async function runApp(app: string, options: Partial<FunctionsHostOptions> = {}): Promise<RunningApp> {
  const { log, ...recorded } = recorder();
  const host = await startFunctionsHost({
    appFolder: path.isAbsolute(app) ? app : appFolder(app),
    settings: {},
    port: 0,
    log,
    ...options,
  });
  return { host, url: host.url, ...recorded, close: () => host.close() };
}
