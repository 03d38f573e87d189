import { type BicepFile, declarationsOf, lineOf, nameOf, topLevel } from '../../../scripts/infra/bicep.ts';
import { type Finding, lineWith } from './finding.ts';
import { allTopics, lineOfName, type TopologyFile, topologyPath } from './topology-file.ts';

/** Which collection of topology.json becomes which resources, and by which module. */
const collections = [
  { of: 'storage.containers', module: 'storage', type: 'Microsoft.Storage/storageAccounts/blobServices/containers' },
  { of: 'storage.queues', module: 'storage', type: 'Microsoft.Storage/storageAccounts/queueServices/queues' },
  { of: 'storage.tables', module: 'storage', type: 'Microsoft.Storage/storageAccounts/tableServices/tables' },
  { of: 'serviceBus.queues', module: 'service-bus', type: 'Microsoft.ServiceBus/namespaces/queues' },
  { of: 'serviceBus.topics', module: 'service-bus', type: 'Microsoft.ServiceBus/namespaces/topics' },
  {
    of: 'serviceBus.subscriptions',
    module: 'service-bus',
    type: 'Microsoft.ServiceBus/namespaces/topics/subscriptions',
  },
  { of: 'serviceBus.rules', module: 'service-bus', type: 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules' },
  { of: 'eventHubs.hubs', module: 'event-hubs', type: 'Microsoft.EventHub/namespaces/eventhubs' },
  {
    of: 'eventHubs.consumerGroups',
    module: 'event-hubs',
    type: 'Microsoft.EventHub/namespaces/eventhubs/consumergroups',
  },
  { of: 'eventGrid.topics', module: 'event-grid', type: 'Microsoft.EventGrid/topics' },
  { of: 'eventGrid.systemTopics', module: 'event-grid', type: 'Microsoft.EventGrid/systemTopics' },
] as const;

/** Every entity of the declaration becomes a resource: its collection is looped over, by the resource of its kind. */
export function everyEntityIsMade(files: readonly BicepFile[]): Finding[] {
  return collections.flatMap(({ of, module, type }) => {
    const file = files.find(({ path }) => path === `modules/${module}.bicep`);
    const collection = of.split('.')[1] ?? '';
    const loops = file
      ? declarationsOf(file.root, 'resource').filter((one) => one.what === type && !one.isExisting)
      : [];
    const isMade = loops.some(({ loopOver }) => file && loopOver && expand(file, loopOver).includes(collection));
    if (isMade) return [];
    const [at] = loops;
    return [
      {
        file: `infra/modules/${module}.bicep`,
        line: at ? lineOf(at.node) : 1,
        problem: `No ${type} is made for each of topology.json's ${of}${at?.loopOver ? `; it loops over ${at.loopOver}` : ''}.`,
        remedy: `Declare a resource ${type} in a loop over ${of}.`,
      },
    ];
  });
}

/** An expression with the variables in it replaced by what they are, as far as it goes. */
function expand({ root }: BicepFile, expression: string, depth = 4): string {
  if (depth === 0) return expression;
  const variables = new Map(
    topLevel(root, 'variable_declaration').map((node) => [nameOf(node), node.namedChildren.at(-1)?.text ?? '']),
  );
  const expanded = expression.replaceAll(/(?<![.\w])[A-Za-z_]\w*/g, (word) => variables.get(word) ?? word);
  return expanded === expression ? expression : expand({ root } as BicepFile, expanded, depth - 1);
}

/** A kind of destination that nobody makes a subscription for would be an event that goes nowhere. */
export function everyDestinationIsHandled(
  files: readonly BicepFile[],
  topology: TopologyFile,
  root: string,
): Finding[] {
  const handled = new Set(
    files.flatMap(({ text }) => [...text.matchAll(/destination\.endpointType == '(\w+)'/g)].map(([, type]) => type)),
  );
  return allTopics(topology).flatMap((topic) =>
    topic.eventSubscriptions
      .filter(({ destination }) => !handled.has(destination.endpointType))
      .map(({ name, destination }) => ({
        file: topologyPath,
        line: lineOfName(root, name),
        problem: `The subscription ${name} goes to a ${destination.endpointType}, for which no template makes subscriptions.`,
        remedy: 'Add it to infra/modules/event-grid.bicep (phase one) or infra/subscriptions.bicep (phase two).',
      })),
  );
}

/** Keys are off wherever a service has them: identities only. */
const keysOff = [
  { type: 'Microsoft.Storage/storageAccounts', setting: 'allowSharedKeyAccess: false' },
  { type: 'Microsoft.ServiceBus/namespaces', setting: 'disableLocalAuth: true' },
  { type: 'Microsoft.EventHub/namespaces', setting: 'disableLocalAuth: true' },
  { type: 'Microsoft.EventGrid/topics', setting: 'disableLocalAuth: true' },
  { type: 'Microsoft.Insights/components', setting: 'DisableLocalAuth: true' },
  { type: 'Microsoft.OperationalInsights/workspaces', setting: 'disableLocalAuth: true' },
];

export function noKeys(files: readonly BicepFile[]): Finding[] {
  return files.flatMap(({ path, root, text }) =>
    declarationsOf(root, 'resource')
      .filter(({ isExisting }) => !isExisting)
      .flatMap(({ what, node }) => {
        const rule = keysOff.find(({ type }) => type === what);
        if (!rule || node.text.includes(rule.setting)) return [];
        const [name = ''] = rule.setting.split(':');
        const from = node.startIndex;
        const line = text.slice(from, node.endIndex).includes(name) ? lineWith(text, name, from) : lineOf(node);
        return [
          {
            file: `infra/${path}`,
            line,
            problem: `${what} can be used with a key.`,
            remedy: `Set ${rule.setting}: everything here talks by identity.`,
          },
        ];
      }),
  );
}
