import { type BicepFile, lineOf, nameOf, topLevel } from '../../../scripts/infra/bicep.ts';
import type { Finding } from './finding.ts';

const secretWords =
  /\blist\w*\(|connectionstring|instrumentationkey|primarykey|secondarykey|accesskey|sharedkey|password|\bsas\b|secret|callbackurl/i;

/** An output is kept in the deployment's history, for everyone who may read the resource group. */
export function noSecretsInOutputs(files: readonly BicepFile[]): Finding[] {
  return files.flatMap(({ path, root }) => {
    const secure = topLevel(root, 'parameter_declaration')
      .filter(
        (node) =>
          node.previousNamedSibling?.type === 'decorators' && node.previousNamedSibling.text.includes('@secure('),
      )
      .map(nameOf);
    return topLevel(root, 'output_declaration')
      .filter(
        (node) => secretWords.test(node.text) || secure.some((name) => new RegExp(`\\b${name}\\b`).test(node.text)),
      )
      .map((node) => ({
        file: `infra/${path}`,
        line: lineOf(node),
        problem: `The output ${nameOf(node)} gives out a secret.`,
        remedy: 'Let the module that needs it read it from an existing resource, or do without it: use an identity.',
      }));
  });
}
