/**
 * Azurite as one file, for the package alone (`npm pack ./local` runs this): installed from the registry it would bring 400
 * packages and 450 MB into a stranger's project, drivers of SQL databases and a telemetry client among them, neither of
 * which is ever used here, and type declarations that stop an older TypeScript from compiling that project.
 * In the repository Azurite comes from node_modules.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { azuriteModules } from '../local/storage/azurite.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const unused = /^(sequelize|mysql2|tedious|applicationinsights)(\/|$)|^\.{1,2}\/.*\bTelemetry$/;

/** What only Azurite's SQL store and its telemetry would load. The first breaks when it is used, the second does nothing. */
const leaveOut: Plugin = {
  name: 'leave-out',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: unused }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: 'exports.AzuriteTelemetryClient = { TraceRequest: () => undefined };',
    }));
  },
};

/** Writes `azurite.cjs` and the licences of everything in it, `azurite.licenses.txt`, into a folder. */
export async function bundleAzurite(folder: string): Promise<{ readonly packages: readonly string[] }> {
  const modules = azuriteModules.map((path) => `exports['${path}'] = require('azurite/dist/src/${path}');`);
  const { metafile } = await build({
    stdin: { contents: modules.join('\n'), resolveDir: root },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'none',
    metafile: true,
    absWorkingDir: root,
    outfile: join(folder, 'azurite.cjs'),
    plugins: [leaveOut],
  });
  const packages = new Set<string>();
  for (const file of Object.keys(metafile.inputs)) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
    if (found) packages.add(found[1]!);
  }
  const sorted = [...packages].sort();
  writeFileSync(join(folder, 'azurite.licenses.txt'), sorted.map((path) => licence(join(root, path))).join('\n\n'));
  return { packages: sorted };
}

function licence(folder: string): string {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${JSON.stringify(about.license)}`;
  return `==== ${String(about.name)} ${String(about.version)} ====\n${text}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = join(root, 'local', 'dist', 'storage');
  const { packages } = await bundleAzurite(folder);
  console.error(`${relative(root, folder)}: Azurite and ${packages.length - 1} packages that it needs`);
}
