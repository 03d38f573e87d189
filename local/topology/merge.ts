import { TopologyError, type TopologyProblem } from './topology-error.ts';
import type { Topology } from './types.ts';

/** Entities read from one file. */
export interface TopologyPart {
  readonly source: string;
  readonly topology: Topology;
}

/**
 * Joins the entities of several files (`--config` may stand more than once, and beside `--topology`).
 * @throws TopologyError when two files declare an entity of the same kind and name
 */
export function mergeTopologies(parts: readonly TopologyPart[]): Topology | undefined {
  const first = parts[0];
  if (!first) return undefined;
  const problems: TopologyProblem[] = [];
  const last = parts.at(-1)!;

  function join<T>(pick: (topology: Topology) => readonly T[], nameOf: (entry: T) => string, what: string): T[] {
    const seen = new Map<string, string>();
    const joined: T[] = [];
    for (const { source, topology } of parts)
      for (const entry of pick(topology)) {
        const key = nameOf(entry).toLowerCase();
        const earlier = seen.get(key);
        if (earlier !== undefined)
          problems.push({
            path: `${what} "${nameOf(entry)}"`,
            line: undefined,
            problem: `stands in ${earlier} too`,
            remedy: 'keep it in one of the files',
          });
        else joined.push(entry);
        seen.set(key, source);
      }
    return joined;
  }

  const own = (name: string): string => name;
  const named = (entry: { readonly name: string }): string => entry.name;
  const merged: Topology = {
    storage: {
      containers: join((each) => each.storage.containers, own, 'the container'),
      queues: join((each) => each.storage.queues, own, 'the Storage queue'),
      tables: join((each) => each.storage.tables, own, 'the table'),
    },
    serviceBus: {
      tier: first.topology.serviceBus.tier,
      queues: join((each) => each.serviceBus.queues, named, 'the queue'),
      topics: join((each) => each.serviceBus.topics, named, 'the topic'),
      authorizationRules: join((each) => each.serviceBus.authorizationRules, named, 'the authorization rule'),
    },
    eventHubs: {
      tier: first.topology.eventHubs.tier,
      hubs: join((each) => each.eventHubs.hubs, named, 'the event hub'),
      authorizationRules: join((each) => each.eventHubs.authorizationRules, named, 'the authorization rule'),
    },
    eventGrid: {
      topics: join((each) => each.eventGrid.topics, named, 'the Event Grid topic'),
      systemTopics: join((each) => each.eventGrid.systemTopics, named, 'the system topic'),
    },
  };
  if (problems.length > 0) throw new TopologyError(last.source, problems);
  return merged;
}
