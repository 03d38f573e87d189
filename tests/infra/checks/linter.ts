import { type BicepFile, lineOf, nodesOf } from '../../../scripts/infra/bicep.ts';
import type { Finding } from './finding.ts';

/**
 * Rules of Bicep's linter that are errors in infra/bicepconfig.json and are simple to see without it. An error of the linter ends
 * the build, and with it the deployment.
 */
export function linter(files: readonly BicepFile[]): Finding[] {
  return files.flatMap(userDefinedTypes);
}

/** use-user-defined-types: `object` and `array` say nothing of what is in them. */
function userDefinedTypes({ path, root }: BicepFile): Finding[] {
  return nodesOf(root, 'primitive_type')
    .filter(({ text }) => text === 'object' || text === 'array')
    .map((node) => ({
      file: `infra/${path}`,
      line: lineOf(node),
      problem: `The type ${node.text} says nothing of what is in it, which the linter refuses (use-user-defined-types).`,
      remedy: 'Name the properties or the items: a type of infra/modules/types.bicep, or a new one there.',
    }));
}
