import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const compiled = join(root, 'dist', 'app', 'shared');

test('what was compiled from a source that is gone goes with the next build; the rest stays', () => {
  const stale = join(compiled, 'no-longer-there.js');
  writeFileSync(stale, '');

  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'remove-stale-output.ts')]);

  expect(status).toBe(0);
  expect(existsSync(stale)).toBe(false);
  expect(existsSync(join(compiled, 'topology.js'))).toBe(true);
});
