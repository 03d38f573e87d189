import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryFiles } from '../../local/functions-host/worker/entry-files.ts';

describe('the files that "main" names', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'entry-files-'));
    const files = ['src/index.js', 'src/zoo.js', 'src/functions/a.js', 'src/functions/b.js', 'src/functions/deep/a.js'];
    for (const file of files) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), '');
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['src/index.js', ['src/index.js']],
    ['src/functions/*.js', ['src/functions/a.js', 'src/functions/b.js']],
    ['src/{index.js,functions/*.js}', ['src/index.js', 'src/functions/a.js', 'src/functions/b.js']],
    [
      '{src/functions/[ab].js,src/functions/deep/a.js}',
      ['src/functions/deep/a.js', 'src/functions/a.js', 'src/functions/b.js'],
    ],
    ['src/{functions/{b,a}.js,zoo.js}', ['src/zoo.js', 'src/functions/b.js', 'src/functions/a.js']],
    [
      'src/**/*.js',
      ['src/index.js', 'src/zoo.js', 'src/functions/a.js', 'src/functions/b.js', 'src/functions/deep/a.js'],
    ],
    ['src\\functions\\*.js', ['src/functions/a.js', 'src/functions/b.js']],
    ['src', []],
    ['lib/*.js', []],
  ])('%s', (main, expected) => {
    expect(entryFiles(folder, main)).toEqual(expected);
  });
});
