import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { entryFiles } from './entry-files.ts';

/**
 * Loads the files that `main` names, one after another.
 *
 * @param main the path or glob of package.json's `main`, relative to the folder
 * @param isModuleFolder whether package.json says `"type": "module"`
 * @throws an error that names the file (or the pattern) and what went wrong in it
 */
export async function loadApp(appFolder: string, main: string, isModuleFolder: boolean): Promise<void> {
  const files = entryFiles(appFolder, main);
  if (files.length === 0) {
    const isGlob = /[*?{}[\]]/.test(main);
    const error = new Error(
      `"main" of package.json is "${main}", and ${isGlob ? 'no file matches it' : 'there is no such file'} in ${appFolder}` +
        `${main.includes('dist') ? '; build the app first' : ''}.`,
    );
    // Where it was thrown says nothing to those who wrote the app.
    error.stack = error.message;
    throw error;
  }
  for (const file of files) {
    try {
      await loadFile(path.join(appFolder, file), isModuleFolder);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const wrapped = new Error(`Could not load "${file}": ${error.message}`, { cause: error });
      wrapped.stack = error.stack ?? wrapped.stack;
      throw Object.assign(wrapped, { code: (error as NodeJS.ErrnoException).code });
    }
  }
}

async function loadFile(file: string, isModuleFolder: boolean): Promise<void> {
  if (file.endsWith('.mjs') || (isModuleFolder && !file.endsWith('.cjs'))) {
    await import(pathToFileURL(file).href);
  } else {
    createRequire(file)(file);
  }
}
