/**
 * Before a build: takes away what was compiled from sources that are gone. `tsc` leaves it, and the app's `main` is a pattern
 * that would go on loading a function which was deleted or renamed, or belongs to another branch.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
/** Where a folder's output lies, and what `tsc` makes of a source. */
const outputs = [
  { folder: join(root, 'dist', 'app'), sources: root },
  { folder: join(root, 'local', 'dist'), sources: join(root, 'local') },
];
const made = /\.(?:js|d\.ts)(?:\.map)?$/;

for (const { folder, sources } of outputs) {
  if (!existsSync(folder)) continue;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !made.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const source = join(sources, relative(folder, file).replace(made, '.ts'));
    if (!existsSync(source)) rmSync(file, { force: true });
  }
}
