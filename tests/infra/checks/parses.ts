import type { Node } from 'web-tree-sitter';
import { type BicepFile, lineOf } from '../../../scripts/infra/bicep.ts';
import type { Finding } from './finding.ts';

/** Every file is Bicep, by tree-sitter's grammar. */
export function parses(files: readonly BicepFile[]): Finding[] {
  return files.flatMap(({ path, root }) =>
    firstErrors(root).map((node) => ({
      file: `infra/${path}`,
      line: lineOf(node),
      problem: node.isMissing ? `A ${node.type} is missing here.` : `This is not Bicep: ${node.text.slice(0, 60)}`,
      remedy:
        'Correct the syntax. If `bicep build` takes it, phrase it so that the older grammar of tree-sitter does too.',
    })),
  );
}

function firstErrors(node: Node): Node[] {
  if (!node.hasError) return [];
  if (node.isError || node.isMissing) return [node];
  const [first] = node.children.flatMap((child) => (child ? firstErrors(child) : []));
  return [first ?? node];
}
