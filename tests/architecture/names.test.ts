import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceFiles, withoutComments } from './source-files.ts';

const files = sourceFiles('functions', 'shared', 'local', 'scripts', 'tests', 'benchmarks');
const EMPTY_WORD = /(^|-)(utils?|helpers?|common|misc|manager|impl|stuff)(-|\.|$)/;
const EMPTY_TYPE = /\b(?:class|interface|type)\s+(\w*(?:Manager|Impl|Helper|Utils?)|I[A-Z]\w+)\b/g;

describe('names', () => {
  it('files are kebab-case and say what they hold', () => {
    const odd = files
      .map(({ path }) => path)
      .filter(
        (path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(basename(path)) || EMPTY_WORD.test(basename(path)),
      );
    expect(odd).toEqual([]);
  });

  it('no type is called a manager, a helper or an implementation', () => {
    const odd = files.flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(EMPTY_TYPE)]
        .map(([, name]) => name ?? '')
        .filter(
          (name) => !/^I(n|d|s|f|o|t|so)[A-Z]|^Id|^Io|^Iso/.test(name) || /(Manager|Impl|Helper|Utils?)$/.test(name),
        )
        .map((name) => `${path}: ${name}`),
    );
    expect(odd).toEqual([]);
  });

  it('a file over 400 lines says in its first line why', () => {
    const long = files
      .filter(({ text }) => text.split('\n').length > 400 && !/^\/[/*]/.test(text))
      .map(({ path, text }) => `${path} (${text.split('\n').length})`);
    expect(long).toEqual([]);
  });
});
