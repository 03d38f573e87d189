import { declaredSettings } from '../../../shared/settings.ts';
import { type Declaration, entitiesOf } from '../../../shared/topology/declaration.ts';
import { topologyFile } from '../../../shared/topology/to-topology-json.ts';
import { topology } from '../../../shared/topology.ts';
import { sourceFiles, withoutComments } from '../../architecture/source-files.ts';
import { registrations } from '../../support/app/registrations.ts';

/** What the app is and does, as far as the infrastructure has to fit it. Read from the declaration and from the code. */
export interface AppFacts {
  /** What infra/topology.json has to say. */
  readonly topologyText: string;
  /** Functions with their triggers. */
  readonly functions: readonly { readonly name: string; readonly trigger: Readonly<Record<string, unknown>> }[];
  readonly settings: readonly string[];
  /** What the app does with entities, by the code's own words. */
  readonly operations: readonly Operation[];
}

export interface Operation {
  readonly does: 'send' | 'receive' | 'enqueue' | 'dequeue' | 'publish' | 'stream' | 'read stream' | 'rows' | 'blobs';
  readonly entity: string;
  /** Where or by whom. */
  readonly because: string;
}

/** `messaging.send(topology.orders, …)` and its kin: the words of shared/messaging that reach a service. */
const calls = [
  { does: 'send', pattern: /\.send\(\s*topology\.(\w+)/g },
  { does: 'enqueue', pattern: /\.enqueue(?:Poison)?\(\s*topology\.(\w+)/g },
  { does: 'publish', pattern: /\.publish\(\s*topology\.(\w+)/g },
  { does: 'stream', pattern: /\.stream\(\s*topology\.(\w+)/g },
  { does: 'rows', pattern: /\brows\(\s*topology\.(\w+)/g },
] as const;

export async function appFacts(): Promise<AppFacts> {
  const declared = topology as Declaration;
  const functions = (await registrations()).map(({ name, trigger }) => ({ name, trigger }));
  const called = sourceFiles('functions').flatMap(({ path, text }) =>
    calls.flatMap(({ does, pattern }) =>
      [...withoutComments(text).matchAll(pattern)].map(([, key = '']) => ({
        does,
        entity: declared[key]?.name ?? key,
        because: path,
      })),
    ),
  );
  const triggered = functions.flatMap(({ name, trigger }): Operation[] => {
    if (trigger.type === 'serviceBusTrigger') {
      return [{ does: 'receive', entity: String(trigger.queueName ?? trigger.topicName), because: name }];
    }
    if (trigger.type === 'queueTrigger') return [{ does: 'dequeue', entity: String(trigger.queueName), because: name }];
    if (trigger.type === 'eventHubTrigger') {
      return [{ does: 'read stream', entity: String(trigger.eventHubName), because: name }];
    }
    return [];
  });
  const drained = entitiesOf(declared, 'serviceBusQueue').flatMap((queue): Operation[] => [
    ...(queue.drainedBy ? [{ does: 'receive', entity: queue.name, because: queue.drainedBy } as const] : []),
    // Triage reads dead letters, and sends them back to the queue that they came from.
    ...(queue.deadLettersTriagedBy
      ? ([
          { does: 'receive', entity: queue.name, because: queue.deadLettersTriagedBy },
          { does: 'send', entity: queue.name, because: queue.deadLettersTriagedBy },
        ] as const)
      : []),
  ]);
  const blobs = entitiesOf(declared, 'container').map(
    ({ name }) => ({ does: 'blobs', entity: name, because: 'the app' }) as const,
  );
  return {
    topologyText: topologyFile(topology),
    functions,
    settings: Object.keys(declaredSettings),
    operations: [...called, ...triggered, ...drained, ...blobs],
  };
}
