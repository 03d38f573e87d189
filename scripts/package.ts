/**
 * `npm run package`: what is deployed, as a folder (dist/package, which azd takes) and as a zip (dist/crossover.zip, which
 * `az functionapp deployment source config-zip` takes).
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePackage } from './package/make-package.ts';

const dist = join(resolve(dirname(fileURLToPath(import.meta.url)), '..'), 'dist');
const inMegabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

const made = await makePackage(join(dist, 'package'), join(dist, 'crossover.zip'));
console.log(
  `dist/package: ${made.files} files, ${inMegabytes(made.bytes)}, of which the app is ${inMegabytes(made.appBytes)} and the rest sharp.`,
);
console.log(`dist/crossover.zip: ${inMegabytes(made.zipBytes)}`);
