import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';

const settleMs = 300;

/**
 * Watches the folder that holds the files of `main`; `onChange` is called once a burst of changes is over.
 * (A compiler writes many files, one after another.)
 */
export function watchApp(appFolder: string, main: string, onChange: () => void): { close(): void } {
  const literal = main.split(/[*?{[]/, 1)[0]!;
  const folder = path.join(appFolder, literal.endsWith('/') ? literal : path.dirname(literal));
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, { recursive: true }, (_event, file) => {
      if (!file || !/\.([cm]?js|json)$/.test(file) || file.includes('node_modules')) return;
      clearTimeout(timer);
      timer = setTimeout(onChange, settleMs);
    });
    watcher.on('error', () => {});
  } catch {
    // A folder that cannot be watched is not watched; the app runs all the same.
  }
  return {
    close() {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}
