/**
 * Makes what is deployed. The app is bundled: a cold start then reads a few files instead of a few thousand. The only package
 * beside it is sharp, with its native library for linux-x64, whatever machine this runs on.
 */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';
import yazl from 'yazl';

const run = promisify(execFile);
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where a Flex Consumption instance runs. */
const target = { os: 'linux', cpu: 'x64', libc: 'glibc' } as const;
/** Cannot be bundled: it loads a native library from beside itself. */
const native = 'sharp';

/** In the folder for the tools that take it, and not in what they deploy. */
export const notDeployed = ['.npmrc', '.funcignore'] as const;

interface LockedPackage {
  readonly version?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The functions as one program in a few chunks: what a handler imports when it first needs it stays a chunk of its own. */
async function bundle(folder: string): Promise<void> {
  const sources = (await readdir(join(root, 'functions'), { recursive: true }))
    .filter((path) => path.endsWith('.function.ts'))
    .map((path) => path.split(sep).join('/'))
    .toSorted();
  // Errors name the line of the source, not that of the bundle.
  const entry = [...sources.map((path) => `import './functions/${path}';`), 'process.setSourceMapsEnabled(true);'].join(
    '\n',
  );
  const { metafile } = await build({
    stdin: { contents: entry, resolveDir: root, sourcefile: 'app.ts', loader: 'ts' },
    outdir: join(folder, 'app'),
    entryNames: 'app',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // ECMAScript modules where a package has both: only what is used of them is taken.
    mainFields: ['module', 'main'],
    metafile: true,
    minifySyntax: true,
    minifyWhitespace: true,
    // Names stay: they are in stack traces and in the names of errors.
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [noMapsOfPackages],
    // The host provides functions-core; sharp is installed beside the bundle.
    external: ['@azure/functions-core', native],
    // The SDKs are partly CommonJS, which asks for built-in modules by require.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';import{fileURLToPath as __toPath}from'node:url';import{dirname as __dirOf}from'node:path';const require=__createRequire(import.meta.url),__filename=__toPath(import.meta.url),__dirname=__dirOf(__filename);",
    },
    outExtension: { '.js': '.mjs' },
    logLevel: 'warning',
  });
  // esbuild gives a CommonJS module that is imported dynamically its `default` and no names, so every use of it would fail.
  const nameless = Object.values(metafile.outputs).filter(
    ({ entryPoint, exports }) => entryPoint?.includes('node_modules') && exports.join() === 'default',
  );
  if (nameless.length > 0) {
    const names = nameless.map(({ entryPoint }) => entryPoint).join(', ');
    throw new Error(`These are imported dynamically and are CommonJS, which the bundle cannot do: ${names}.`);
  }
}

/** Maps of our own sources only: those of the packages would be most of the bundle, and name lines that nobody has. */
const noMapsOfPackages: Plugin = {
  name: 'no-maps-of-packages',
  setup({ onLoad }) {
    const empty = Buffer.from('{"version":3,"sources":[""],"mappings":"A"}').toString('base64');
    onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      const text = (await readFile(path, 'utf8')).replaceAll(/^\/\/# sourceMappingURL=.*$/gm, '');
      return { contents: `${text}\n//# sourceMappingURL=data:application/json;base64,${empty}`, loader: 'js' };
    });
  },
};

/** sharp and what it needs on the target, at the versions of the lock file. */
async function nativeDependencies(): Promise<Record<string, string>> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const wanted: Record<string, string> = {};
  const fits = ({ os, cpu, libc }: LockedPackage) =>
    (!os || os.includes(target.os)) && (!cpu || cpu.includes(target.cpu)) && (!libc || libc.includes(target.libc));
  const add = (name: string, by: string) => {
    const locked = lock.packages[`${by}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`];
    if (!locked?.version || !fits(locked) || wanted[name]) return;
    wanted[name] = locked.version;
    for (const next of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })) {
      add(next, `node_modules/${name}`);
    }
  };
  add(native, '');
  return wanted;
}

async function writePackage(folder: string, dependencies: Record<string, string>): Promise<void> {
  const { name, version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const manifest = { name, version, license, private: true, type: 'module', main: 'app/app.mjs', dependencies };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  // Whoever runs npm in this folder (`install` below) gets the target's binaries, and no scripts.
  const settings = { ...target, 'ignore-scripts': true, 'package-lock': false, audit: false, fund: false };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  await writeFile(join(folder, '.npmrc'), `${lines.join('\n')}\n`);
  await cp(join(root, 'host.json'), join(folder, 'host.json'));
  // azd zips what this file does not name, at any depth. The root's list would take `functions/` out of the packages, too.
  await writeFile(join(folder, '.funcignore'), `${notDeployed.join('\n')}\n`);
}

/**
 * Puts the native dependencies beside the bundle: copies of those that are here at the same version (on linux-x64 all are), or
 * what npm gives for the target. npm is run by Node itself: no shell, so that it is the same on every system.
 */
async function install(folder: string, dependencies: Record<string, string>): Promise<void> {
  const here = await Promise.all(
    Object.entries(dependencies).map(async ([name, version]) => {
      const manifest = await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8').catch(() => '{}');
      return (JSON.parse(manifest) as { version?: string }).version === version;
    }),
  );
  if (here.every(Boolean)) {
    for (const name of Object.keys(dependencies)) {
      await cp(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
    }
    return;
  }
  const npm = process.env.npm_execpath;
  if (!npm) throw new Error('Binaries for linux-x64 have to be fetched: run this by "npm run package".');
  await run(process.execPath, [npm, 'install', '--no-audit', '--no-fund', '--loglevel=error', '--force'], {
    cwd: folder,
    maxBuffer: 1 << 26,
    env: withoutNpmSettings(),
  });
}

/** Under `npm run`, npm tells its children its own settings, which would win over the folder's. */
function withoutNpmSettings(): NodeJS.ProcessEnv {
  const ofNpm = /^npm_config_(os|cpu|libc|omit|include|package_lock|local_prefix|prefix)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofNpm.test(name)));
}

/** What no running app reads: types, sources of the native part, documents. Licences stay. */
async function prune(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  const useless = /(\.d\.[cm]?ts|\.map|\.md|\.h|binding\.gyp|\.cc)$/;
  for (const path of await readdir(modules, { recursive: true })) {
    if (useless.test(path)) await rm(join(modules, path), { force: true });
  }
  await rm(join(modules, '.package-lock.json'), { force: true });
}

async function filesOf(start: string): Promise<{ path: string; bytes: number }[]> {
  const entries = await readdir(start, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.toSorted().map(async (path) => ({ path, bytes: (await stat(path)).size })));
}

/** The same files give the same zip: sorted, with a fixed time. */
async function zip(folder: string, zipFile: string): Promise<void> {
  const archive = new yazl.ZipFile();
  for (const { path } of await filesOf(folder)) {
    const name = relative(folder, path).split(sep).join('/');
    if (notDeployed.some((file) => file === name)) continue;
    archive.addFile(path, name, { mtime: new Date(Date.UTC(2026, 0, 1)), mode: 0o100644 });
  }
  archive.end();
  await pipeline(archive.outputStream, createWriteStream(zipFile));
}

export interface MadePackage {
  readonly files: number;
  readonly bytes: number;
  readonly appBytes: number;
  readonly zipBytes: number;
}

/** Makes the folder and the zip; what was there is replaced. */
export async function makePackage(folder: string, zipFile: string): Promise<MadePackage> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const dependencies = await nativeDependencies();
  await writePackage(folder, dependencies);
  await bundle(folder);
  await install(folder, dependencies);
  await prune(folder);
  await zip(folder, zipFile);
  const files = await filesOf(folder);
  const sum = (within: string) =>
    files.filter(({ path }) => path.startsWith(join(folder, within))).reduce((bytes, file) => bytes + file.bytes, 0);
  return { files: files.length, bytes: sum(''), appBytes: sum('app'), zipBytes: (await stat(zipFile)).size };
}
