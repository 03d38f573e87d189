import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from './source-files.ts';

const run = promisify(execFile);
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
let folder: string;

beforeEach(async () => {
  await mkdir(join(root, 'dist'), { recursive: true });
  folder = await mkdtemp(join(root, 'dist', 'compile-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Compiles one file as if it stood in `functions/`, with that project's own settings; returns what the compiler says. */
async function compileAsFunction(source: string): Promise<string> {
  const posix = (path: string) => path.split('\\').join('/');
  await writeFile(join(folder, 'probe.ts'), source.replaceAll('<root>', posix(root)));
  const config = {
    extends: posix(join(root, 'functions', 'tsconfig.json')),
    compilerOptions: {
      rootDir: posix(root),
      outDir: posix(join(folder, 'out')),
      tsBuildInfoFile: posix(join(folder, 'info')),
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      emitDeclarationOnly: true,
      typeRoots: [posix(join(root, 'node_modules', '@types'))],
    },
    include: ['./probe.ts'],
    references: [{ path: posix(join(root, 'shared')) }],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  return run(process.execPath, [compiler, '--project', folder]).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}

describe('the compiler keeps the walls', () => {
  it('a function that imports the shared code compiles', async () => {
    expect(
      await compileAsFunction("import { topology } from '<root>/shared/topology.ts';\nexport const name = topology;\n"),
    ).toBe('');
  });

  it('a function that imports the local cloud does not compile', async () => {
    const said = await compileAsFunction(
      "import { RealClock } from '<root>/local/clock/index.ts';\nexport const clock = RealClock;\n",
    );
    expect(said).toMatch(/TS6307|TS6059/);
  });
});
