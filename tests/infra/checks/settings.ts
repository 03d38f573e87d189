import { type BicepFile, lineOf, nodesOf, type Property, propertiesOf } from '../../../scripts/infra/bicep.ts';
import type { AppFacts } from './app-facts.ts';
import { type Finding, nearest } from './finding.ts';

interface Setting extends Property {
  readonly file: string;
}

/** What only a developer's machine has: keys. In Azure the same connections are identities. */
const onlyLocal = /^(AzureWebJobsStorage|ServiceBusConnection|EventHubsConnection|OperationsTopic__topicKey)$/;

/** Every app setting that is read is set, and every one that is set is read, by the app or by the Functions host. */
export function settings(files: readonly BicepFile[], facts: AppFacts): Finding[] {
  const set = files.flatMap(settingsOf);
  // The host reads how a trigger's connection proves who it is; `managedidentity` needs saying for a user-assigned one.
  const connections = facts.functions.flatMap(({ trigger }) =>
    trigger.connection ? [String(trigger.connection)] : [],
  );
  const ofTheHost = [...new Set([...connections, 'AzureWebJobsStorage'])].map((prefix) => `${prefix}__credential`);
  const wanted = new Set([...facts.settings.filter((name) => !onlyLocal.test(name)), ...ofTheHost]);
  const names = new Set(set.map(({ name }) => name));
  const unread = set
    .filter(({ name }) => !wanted.has(name))
    .map(({ name, node, file }) => {
      const meant = nearest(
        name,
        [...wanted].filter((one) => !names.has(one)),
      );
      return {
        file,
        line: lineOf(node),
        problem: `The app setting ${name} is set, and nobody reads it.`,
        remedy: meant ? `Write ${meant}.` : 'Remove it, or declare it in shared/settings.ts and read it.',
        meant,
      };
    });
  const excused = new Set(unread.map(({ meant }) => meant));
  const unset = [...wanted]
    .filter((name) => !names.has(name) && !excused.has(name))
    .map((name) => ({
      file: 'infra/main.bicep',
      line: set[0] ? lineOf(set[0].node) - 1 : 1,
      problem: `The app setting ${name} is read, and nobody sets it.`,
      remedy: 'Add it to appSettings of the module functionApp.',
    }));
  return [...unread.map(({ meant: _, ...finding }) => finding), ...unset];
}

/** `appSettings: {…}` of the function app's module, and what the module adds in `union(appSettings, {…})`. */
function settingsOf({ path, root }: BicepFile): Setting[] {
  const objects = [
    ...nodesOf(root, 'object_property')
      .filter((node) => node.namedChildren[0]?.text === 'appSettings' && node.namedChildren[1]?.type === 'object')
      .map((node) => node.namedChildren[1]),
    ...nodesOf(root, 'call_expression')
      .filter((node) => /^union\(\s*appSettings\b/.test(node.text))
      .map((node) => node.childForFieldName('arguments')?.namedChildren.find((child) => child?.type === 'object')),
  ];
  return objects.flatMap((object) =>
    object ? propertiesOf(object).map((property) => ({ ...property, file: `infra/${path}` })) : [],
  );
}
