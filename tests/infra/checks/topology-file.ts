import { type Finding, lineWith, read } from './finding.ts';

/** infra/topology.json, as far as the checks need it. */
export interface TopologyFile {
  readonly serviceBus: { readonly queues: readonly { readonly name: string; readonly requiresSession?: boolean }[] };
  readonly eventHubs: {
    readonly hubs: readonly { readonly name: string; readonly consumerGroups?: readonly { readonly name: string }[] }[];
  };
  readonly eventGrid: { readonly topics: readonly Topic[]; readonly systemTopics: readonly Topic[] };
}

export interface Topic {
  readonly name: string;
  readonly topicType?: string;
  readonly eventSubscriptions: readonly EventSubscription[];
}

export interface EventSubscription {
  readonly name: string;
  readonly destination: { readonly endpointType: string; readonly name: string };
  readonly deadLetterDestination?: { readonly container: string };
}

export const topologyPath = 'infra/topology.json';

export function readTopologyFile(root: string): TopologyFile {
  return JSON.parse(read(root, topologyPath)) as TopologyFile;
}

export function allTopics({ eventGrid }: TopologyFile): Topic[] {
  return [...eventGrid.topics, ...eventGrid.systemTopics];
}

/** The line of the n-th object with this name in the file, after a heading word. */
export function lineOfName(root: string, name: string, after = ''): number {
  const text = read(root, topologyPath);
  return lineWith(text, `"name": "${name}"`, Math.max(0, text.indexOf(after)));
}

/** What is deployed is what was declared. */
export function drift(root: string, declared: string): Finding[] {
  const actual = read(root, topologyPath).split('\n');
  const expected = declared.split('\n');
  const different = expected.findIndex((line, index) => line !== actual[index]);
  if (different < 0 && actual.length === expected.length) return [];
  const line = different < 0 ? expected.length : different + 1;
  const problem = `It says ${JSON.stringify(actual[line - 1]?.trim() ?? '')} where the declaration says ${JSON.stringify(expected[line - 1]?.trim() ?? 'nothing more')}.`;
  return [{ file: topologyPath, line, problem, remedy: 'Change shared/topology.ts, then run "npm run generate".' }];
}
