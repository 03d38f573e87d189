import { describe, expect, it } from 'vitest';
import { type Import, type SourceFile, sourceFiles } from './source-files.ts';

/** The table of who may import what (docs/architecture.md). The first row whose folder holds the file decides. */
interface Row {
  readonly files: RegExp;
  readonly may: (imported: Import, file: SourceFile) => boolean;
}

const within =
  (...folders: string[]) =>
  (target: string) =>
    folders.some((folder) => target.startsWith(folder));
const isNode = (imported: Import) => imported.target.startsWith('node:');
const isPackage = (imported: Import, ...names: string[]) => !imported.isRelative && names.includes(imported.target);
const isAzure = (imported: Import) => !imported.isRelative && imported.target.startsWith('@azure/');
const LOG = 'local/log.ts';
const JSON_DOCUMENT = 'local/json-document.ts';
const TYPES = 'local/topology/types.ts';
const service = (file: SourceFile) => file.path.split('/').slice(0, 2).join('/');

const table: Row[] = [
  {
    files: /^functions\/.*\.function\.ts$/,
    may: (i) => within('functions/', 'shared/')(i.target) || isPackage(i, '@azure/functions'),
  },
  {
    files: /^functions\//,
    may: (i) =>
      within('functions/', 'shared/')(i.target) ||
      isNode(i) ||
      isPackage(i, 'zod', 'sharp', 'nodemailer') ||
      (isPackage(i, '@azure/functions') && i.isTypeOnly),
  },
  {
    files: /^shared\//,
    may: (i) =>
      within('shared/')(i.target) ||
      isNode(i) ||
      isPackage(i, 'zod', 'long', 'nodemailer', '@opentelemetry/api') ||
      isAzure(i),
  },
  {
    files: /^local\/[^/]+\/engine\//,
    may: (i, f) =>
      within(`${service(f)}/engine/`)(i.target) ||
      within('local/clock/clock.ts', 'local/clock/index.ts')(i.target) ||
      (i.isTypeOnly && within(TYPES)(i.target)),
  },
  {
    files: /^local\/[^/]+\/store\//,
    may: (i, f) => within(`${service(f)}/store/`, `${service(f)}/engine/`, 'local/clock/', LOG)(i.target) || isNode(i),
  },
  {
    files: /^local\/[^/]+\/protocol\//,
    may: (i, f) =>
      within(
        `${service(f)}/protocol/`,
        `${service(f)}/engine/`,
        'local/amqp/',
        'local/auth/',
        'local/clock/',
        LOG,
      )(i.target) ||
      (i.isTypeOnly && within('local/topology/')(i.target)) ||
      isNode(i) ||
      isPackage(i, 'fast-xml-parser', 'ws', 'avsc', 'zod'),
  },
  {
    files: /^local\/amqp\//,
    may: (i) => within('local/amqp/', 'local/clock/', LOG)(i.target) || isNode(i),
  },
  { files: /^local\/clock\//, may: (i) => within('local/clock/')(i.target) },
  {
    files: /^local\/topology\//,
    may: (i) => within('local/topology/', JSON_DOCUMENT)(i.target) || isNode(i) || isPackage(i, 'zod'),
  },
  {
    files: /^local\/auth\//,
    may: (i) =>
      within('local/auth/', 'local/amqp/api.ts', 'local/clock/', TYPES, LOG)(i.target) ||
      isNode(i) ||
      isPackage(i, 'selfsigned'),
  },
  {
    files: /^local\/storage\//,
    may: (i) =>
      within('local/storage/', 'local/clock/', 'local/topology/', LOG)(i.target) ||
      isNode(i) ||
      isPackage(i, 'azurite'),
  },
  {
    files: /^local\/smtp\//,
    may: (i) => within('local/smtp/', 'local/clock/', LOG)(i.target) || isNode(i) || isPackage(i, 'smtp-server'),
  },
  {
    files: /^local\/functions-host\//,
    may: (i) =>
      within('local/functions-host/', 'local/clock/', JSON_DOCUMENT, TYPES, LOG)(i.target) ||
      isNode(i) ||
      isAzure(i) ||
      isPackage(i, 'zod', 'croner', 'tinyglobby'),
  },
  {
    files: /^local\/(service-bus|event-hubs|event-grid)\/[^/]+\.ts$/,
    may: (i, f) =>
      within(`${service(f)}/`, 'local/amqp/', 'local/auth/', 'local/clock/', TYPES, LOG)(i.target) ||
      isNode(i) ||
      isPackage(i, 'avsc'),
  },
  { files: /^local\//, may: (i) => within('local/')(i.target) || !i.isRelative },
];

describe('who may import what', () => {
  it('holds for every file of the app and of the local cloud', () => {
    const broken = sourceFiles('functions', 'shared', 'local').flatMap((file) => {
      const row = table.find(({ files }) => files.test(file.path));
      return file.imports
        .filter((imported) => !row?.may(imported, file))
        .map((imported) => `${file.path} imports ${imported.specifier}`);
    });
    expect(broken).toEqual([]);
  });

  it('keeps everything that is deployed clear of the local cloud, and the local cloud clear of the app', () => {
    const crossing = sourceFiles('functions', 'shared', 'local').flatMap((file) => {
      const other = file.path.startsWith('local/') ? ['functions/', 'shared/'] : ['local/'];
      return file.imports
        .filter(
          ({ target, isRelative }) =>
            (isRelative && within(...other)(target)) ||
            (target === 'crossover-local' && !file.path.startsWith('local/')),
        )
        .map(({ specifier }) => `${file.path} imports ${specifier}`);
    });
    expect(crossing).toEqual([]);
  });
});
