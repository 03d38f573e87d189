import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readJson } from './read-json.ts';
import { FunctionsHostError } from './types.ts';

export interface AppPackage {
  readonly main: string;
  readonly isModule: boolean;
}

/** @throws {@link FunctionsHostError} saying what package.json lacks */
export function readPackageJson(appFolder: string): AppPackage {
  const file = path.join(appFolder, 'package.json');
  if (!existsSync(file))
    throw new FunctionsHostError(`${appFolder} has no package.json: it is no Functions app for Node.`);
  const parsed = (readJson(file) ?? {}) as { main?: unknown; type?: unknown };
  if (typeof parsed.main !== 'string' || parsed.main === '') {
    const advice = usesFunctionJson(appFolder)
      ? 'This app describes its functions in function.json files (programming model v3), which is not implemented; version 4 is.'
      : 'Set it to the built files that register the functions, such as "dist/src/functions/*.js".';
    throw new FunctionsHostError(`${file} has no "main". ${advice}`);
  }
  return { main: parsed.main, isModule: parsed.type === 'module' };
}

function usesFunctionJson(appFolder: string): boolean {
  return readdirSync(appFolder, { withFileTypes: true }).some(
    (entry) => entry.isDirectory() && existsSync(path.join(appFolder, entry.name, 'function.json')),
  );
}
