import { writeFileSync } from 'node:fs';
import { topologyJsonSchema } from '../local/topology/index.ts';

const file = new URL('../local/topology/topology.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(topologyJsonSchema(), null, 2)}\n`);
