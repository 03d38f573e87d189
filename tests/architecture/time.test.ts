import { describe, expect, it } from 'vitest';
import { sourceFiles, withoutComments } from './source-files.ts';

const AMBIENT =
  /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bset(Timeout|Interval|Immediate)\(|\bMath\.random\b|\bcrypto\b|\brandomUUID\b|\bprocess\.|\bhrtime\b/g;

describe('time and chance are handed in', () => {
  it('no engine reads the clock, sets a timer or draws a random number by itself', () => {
    const leaks = sourceFiles('local')
      .filter(({ path }) => /^local\/[^/]+\/engine\//.test(path))
      .flatMap(({ path, text }) => [...withoutComments(text).matchAll(AMBIENT)].map(([leak]) => `${path}: ${leak}`));
    expect(leaks).toEqual([]);
  });
});
