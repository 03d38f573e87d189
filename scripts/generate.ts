/** `npm run generate`: writes what is derived from the declaration. A test (tests/architecture) says when it was forgotten. */
import { writeFile } from 'node:fs/promises';
import { toMarkdown } from '../shared/topology/to-markdown.ts';
import { topologyFile } from '../shared/topology/to-topology-json.ts';
import { topology } from '../shared/topology.ts';

const root = new URL('../', import.meta.url);
await writeFile(new URL('infra/topology.json', root), topologyFile(topology));
await writeFile(new URL('docs/topology.md', root), toMarkdown(topology));
