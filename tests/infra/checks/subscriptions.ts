import { type BicepFile, nameOf, topLevel } from '../../../scripts/infra/bicep.ts';
import type { AppFacts } from './app-facts.ts';
import { type Finding, lineWith, nearest } from './finding.ts';
import { allTopics, lineOfName, type TopologyFile, topologyPath } from './topology-file.ts';

/** Every function that Event Grid calls has its subscription, and every subscription its function. */
export function subscriptions(root: string, facts: AppFacts, topology: TopologyFile): Finding[] {
  const functions = facts.functions
    .filter(({ trigger }) => trigger.type === 'eventGridTrigger')
    .map(({ name }) => name);
  const subscribed = allTopics(topology).flatMap(({ eventSubscriptions }) =>
    eventSubscriptions.filter(({ destination }) => destination.endpointType === 'AzureFunction'),
  );
  const nowhere = subscribed
    .filter(({ destination }) => !functions.includes(destination.name))
    .map(({ name, destination }) => {
      const meant = nearest(destination.name, functions);
      return {
        file: topologyPath,
        line: lineOfName(root, destination.name),
        problem: `The subscription ${name} calls ${destination.name}, and there is no such function with an Event Grid trigger.`,
        remedy: meant ? `Call ${meant}.` : 'Write the function, or remove the subscription from shared/topology.ts.',
        meant,
      };
    });
  const excused = new Set(nowhere.map(({ meant }) => meant));
  const silent = functions
    .filter((name) => !excused.has(name) && !subscribed.some(({ destination }) => destination.name === name))
    .map((name) => ({
      file: topologyPath,
      line: lineOfName(root, 'eventGrid'),
      problem: `No subscription calls the function ${name}: it never runs.`,
      remedy: 'Declare an event subscription to it in shared/topology.ts.',
    }));
  return [...nowhere.map(({ meant: _, ...finding }) => finding), ...silent];
}

/** Event Grid delivers to no session queue (SessionQueueNotSupported). */
export function sessionQueues(root: string, topology: TopologyFile): Finding[] {
  const sessions = topology.serviceBus.queues.filter(({ requiresSession }) => requiresSession).map(({ name }) => name);
  return allTopics(topology).flatMap(({ eventSubscriptions }) =>
    eventSubscriptions
      .filter(
        ({ destination }) => destination.endpointType === 'ServiceBusQueue' && sessions.includes(destination.name),
      )
      .map(({ name, destination }) => ({
        file: topologyPath,
        line: lineOfName(root, destination.name, '"eventGrid"'),
        problem: `The subscription ${name} goes to ${destination.name}, a session queue, to which Event Grid cannot deliver.`,
        remedy: 'Deliver to a plain queue, and let a function put it into the session queue.',
      })),
  );
}

/** A consumer group that nobody reads is one that somebody once read. */
export function consumerGroups(root: string, facts: AppFacts, topology: TopologyFile): Finding[] {
  const readers = facts.functions.map(({ trigger }) => `${trigger.eventHubName}/${trigger.consumerGroup}`);
  return topology.eventHubs.hubs.flatMap((hub) =>
    (hub.consumerGroups ?? [])
      .filter(({ name }) => !readers.includes(`${hub.name}/${name}`))
      .map(({ name }) => ({
        file: topologyPath,
        line: lineOfName(root, name, '"eventHubs"'),
        problem: `No function reads the consumer group ${name} of ${hub.name}.`,
        remedy: 'Remove it from shared/topology.ts, or write its consumer.',
      })),
  );
}

/** Where Logic Apps stand in for functions, both phases have to mean the same ones. */
export function logicApps(files: readonly BicepFile[], topology: TopologyFile): Finding[] {
  const file = (path: string) => files.find((one) => one.path === path);
  const names = (path: string, variable: string) => {
    const declared = topLevel(file(path)?.root, 'variable_declaration').find((node) => nameOf(node) === variable);
    return [...(declared?.text ?? '').matchAll(/(?:name: |[[,]\s*)'([^']+)'/g)].map(([, name = '']) => name);
  };
  const made = names('modules/logic-apps.bicep', 'handlers');
  const subscribed = names('subscriptions.bicep', 'logicAppHandlers');
  const called = topology.eventGrid.topics.flatMap(({ eventSubscriptions }) =>
    eventSubscriptions.map(({ destination }) => destination.name),
  );
  const text = file('subscriptions.bicep')?.text ?? '';
  return [
    ...subscribed
      .filter((name) => !made.includes(name))
      .map((name) => ({ name, problem: `No Logic App ${name} is made.` })),
    ...made
      .filter((name) => !subscribed.includes(name))
      .map((name) => ({ name, problem: `The Logic App ${name} is never called.` })),
    ...subscribed
      .filter((name) => !called.includes(name))
      .map((name) => ({ name, problem: `No event goes to ${name}.` })),
  ].map(({ name, problem }) => ({
    file: 'infra/subscriptions.bicep',
    line: lineWith(text, name) === 1 ? lineWith(text, 'logicAppHandlers') : lineWith(text, name),
    problem,
    remedy: 'Name the same handlers in subscriptions.bicep, modules/logic-apps.bicep and the declaration.',
  }));
}
