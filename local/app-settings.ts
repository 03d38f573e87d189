import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CorsPolicy } from './functions-host/index.ts';
import { JsonSyntaxError, parseJson } from './json-document.ts';
import { StartError } from './start-error.ts';

/** What a fresh clone has in the stead of the file that nobody commits. */
const FILES = ['local.settings.json', 'local.settings.sample.json'];

/** What `local.settings.json`, or its sample, says. */
export interface LocalSettings {
  /** `Values`, and `ConnectionStrings` under the names that `func` gives them (`ConnectionStrings:NAME`). */
  readonly values: Readonly<Record<string, string>>;
  /** `Host.LocalHttpPort`. */
  readonly httpPort: number | undefined;
  /** `Host.CORS` and `Host.CORSCredentials`. */
  readonly cors: CorsPolicy | undefined;
}

/**
 * Reads the file; empty without one.
 * @param say told when the sample is used
 */
export function readLocalSettings(appFolder: string, say: (text: string) => void): LocalSettings {
  const file = FILES.map((name) => join(appFolder, name)).find((each) => existsSync(each));
  if (file === undefined) return { values: {}, httpPort: undefined, cors: undefined };
  if (file.endsWith(FILES[1]!)) say(`There is no ${FILES[0]}: the settings are those of ${FILES[1]}.`);
  const root = readJsonFile(file);
  if (root.IsEncrypted === true)
    throw new StartError(`${file} is encrypted. Run "func settings decrypt" in that folder.`);
  const connectionStrings = flat(file, 'ConnectionStrings', root.ConnectionStrings, (value) =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>).ConnectionString : value,
  );
  const values = {
    ...Object.fromEntries(
      Object.entries(connectionStrings).map(([name, value]) => [`ConnectionStrings:${name}`, value]),
    ),
    ...flat(file, 'Values', root.Values, (value) => value),
  };
  const host = flat(file, 'Host', root.Host, (value) => value);
  return { values, httpPort: readPort(file, host.LocalHttpPort), cors: readCors(file, host) };
}

function readPort(file: string, port: string | undefined): number | undefined {
  if (!port) return undefined;
  if (/^\d{1,5}$/.test(port) && Number(port) <= 65_535) return Number(port);
  throw new StartError(`${file}: Host.LocalHttpPort is "${port}"; a port is a number from 0 to 65535.`);
}

function readCors(file: string, host: Readonly<Record<string, string>>): CorsPolicy | undefined {
  if (!host.CORS) return undefined;
  const origins = host.CORS.split(',').map((origin) => origin.trim().replace(/\/$/, ''));
  const allowsCredentials = host.CORSCredentials?.toLowerCase() === 'true';
  if (allowsCredentials && origins.includes('*'))
    throw new StartError(
      `${file}: Host.CORSCredentials cannot be true while Host.CORS is "*" (no browser allows it); name the origins.`,
    );
  return { origins, allowsCredentials };
}

function flat(
  file: string,
  section: string,
  values: unknown,
  read: (value: unknown) => unknown,
): Record<string, string> {
  if (values === undefined) return {};
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new StartError(`${file}: ${section} is not an object; write "${section}": {"NAME": "value"}.`);
  return Object.fromEntries(
    Object.entries(values).map(([name, written]) => {
      const value = read(written);
      if (typeof value === 'object' && value !== null)
        throw new StartError(
          `${file}: ${section}.${name} is not a string; a setting is flat: use names such as "A__B".`,
        );
      return [name, value === null || value === undefined ? '' : String(value)];
    }),
  );
}

/** A JSON file of the user's, comments allowed. @throws StartError with place and remedy */
export function readJsonFile(file: string): Record<string, unknown> {
  try {
    const { value } = parseJson(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new StartError(`${file} does not hold a JSON object; write {…}.`);
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      throw new StartError(`${file}:${error.line}:${error.column}: ${error.message}; put the JSON right there.`);
    if (error instanceof StartError) throw error;
    throw new StartError(`${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

/** Of the names in `values`, what the environment already holds wins, as in `func`. */
export function withEnvironment(
  values: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, environment[name] ?? value]));
}

const DEFAULT_EVENT_GRID_PORT = 6001;

/**
 * A URL on Event Grid's default port means this cloud, on whichever port it has: the same rule as for the emulators'
 * connection strings, so that one settings file serves fixed and free ports.
 */
export function redirectEventGridUrls(values: Readonly<Record<string, string>>, url: string): Record<string, string> {
  const pattern = new RegExp(`^https?://(localhost|127\\.0\\.0\\.1):${DEFAULT_EVENT_GRID_PORT}(?=/|$)`, 'i');
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.replace(pattern, url)]));
}
