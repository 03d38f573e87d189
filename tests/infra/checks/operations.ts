import { type BicepFile, lineOf, literalOf, nodesOf, propertiesOf } from '../../../scripts/infra/bicep.ts';
import { type Finding, lineWith, read } from './finding.ts';

/** An alert that fires at night says what to do: `Runbook: <heading of docs/operations.md>.` */
export function runbooks(root: string, files: readonly BicepFile[]): Finding[] {
  const headings = [...read(root, 'docs/operations.md').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading.trim(),
  );
  const alerts = files.find(({ path }) => path === 'modules/alerts.bicep');
  if (!alerts) return [];
  return nodesOf(alerts.root, 'object')
    .flatMap(propertiesOf)
    .filter(({ name, value }) => name === 'description' && literalOf(value) !== undefined)
    .flatMap(({ node, value }) => {
      const runbook = /Runbook: (.+)\.$/.exec(literalOf(value) ?? '')?.[1];
      if (runbook && headings.includes(runbook)) return [];
      return [
        {
          file: 'infra/modules/alerts.bicep',
          line: lineOf(node),
          problem: runbook ? `docs/operations.md has no runbook "${runbook}".` : 'The alert names no runbook.',
          remedy: 'Write the runbook, and end the description with "Runbook: <its heading>."',
        },
      ];
    });
}

/** azd finds the app by a tag. */
export function deployedService(root: string, files: readonly BicepFile[]): Finding[] {
  const text = read(root, 'azure.yaml');
  const service = /^services:\s*\n(?:\s*#.*\n)*\s+([\w-]+):/m.exec(text)?.[1];
  const tagged = files.flatMap(({ path, text: bicep }) =>
    [...bicep.matchAll(/'azd-service-name': '([^']+)'/g)].map((match) => ({ path, name: match[1], bicep })),
  );
  return tagged
    .filter(({ name }) => name !== service)
    .map(({ path, name, bicep }) => ({
      file: `infra/${path}`,
      line: lineWith(bicep, "'azd-service-name'"),
      problem: `The app is tagged as ${name}; azure.yaml calls the service ${service}.`,
      remedy: `Tag it as ${service}, or azd finds nowhere to deploy to.`,
    }));
}
