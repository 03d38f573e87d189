import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { topologyJsonSchema } from '../../local/topology/index.ts';

test('the JSON Schema that is shipped is the one that the code checks by (node scripts/generate-topology-schema.ts)', () => {
  const file = new URL('../../local/topology/topology.schema.json', import.meta.url);

  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(topologyJsonSchema())));
});
