import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
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
  let parsed: { main?: unknown; type?: unknown };
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as typeof parsed;
  } catch (error) {
    throw new FunctionsHostError(`${file} is not valid JSON: ${(error as Error).message}`);
  }
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
