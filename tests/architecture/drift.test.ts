import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseTopology } from '../../local/topology/index.ts';
import { toMarkdown } from '../../shared/topology/to-markdown.ts';
import { topologyFile } from '../../shared/topology/to-topology-json.ts';
import { topology } from '../../shared/topology.ts';
import { root } from './source-files.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const remedy = 'The declaration changed: run "npm run generate".';

describe('what is generated from the declaration', () => {
  it('infra/topology.json is what the declaration says', () => {
    expect(read('infra/topology.json'), remedy).toBe(topologyFile(topology));
  });

  it('docs/topology.md is what the declaration says', () => {
    expect(read('docs/topology.md'), remedy).toBe(toMarkdown(topology));
  });

  it('the local cloud takes infra/topology.json without a complaint', () => {
    expect(parseTopology(read('infra/topology.json'))).toMatchObject({ serviceBus: { queues: expect.any(Array) } });
  });
});
