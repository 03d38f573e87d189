import type { JsonDocument, JsonPath } from '../json-document.ts';
import type { Problem } from './problems.ts';

/**
 * The `Config.json` of the official Service Bus and Event Hubs emulators, rewritten into the shape of `topology.json`.
 * Its words are ARM's, capitalised; properties stand under `Properties`. Defaults and structure: `Config-schema.json` in
 * the repositories Azure/azure-service-bus-emulator-installer and Azure/azure-event-hubs-emulator-installer.
 */
export interface ConvertedConfig {
  readonly value: Record<string, unknown>;
  /** Where a part of {@link value} stands in the file. */
  sourcePath(path: JsonPath): JsonPath;
  /** What the shape alone forbids. */
  readonly problems: readonly Problem[];
}

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
const pathKey = (path: JsonPath): string => path.join('\u0000');
const lowerFirst = (word: string): string =>
  word.startsWith('$') ? word : word.charAt(0).toLowerCase() + word.slice(1);

/** How `Config.json` writes a key of `topology.json`. */
export const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export function isConfigJson(value: unknown): boolean {
  return isNode(value) && isNode(value.UserConfig);
}

/** What the emulator's own schema gives to an entity that does not say otherwise; it differs from Azure's defaults. */
const timeToLiveDefault = { defaultMessageTimeToLive: 'PT1H' };
const windowDefault = { duplicateDetectionHistoryTimeWindow: 'PT20S' };
const queueDefaults = { ...timeToLiveDefault, ...windowDefault, maxDeliveryCount: 3 };
const topicDefaults = { ...timeToLiveDefault, ...windowDefault };
const subscriptionDefaults = { ...timeToLiveDefault, maxDeliveryCount: 3 };

export function convertConfig(document: JsonDocument): ConvertedConfig {
  const sources = new Map<string, JsonPath>();
  const problems: Problem[] = [];
  const report = (path: JsonPath, problem: string, remedy: string) => void problems.push({ path, problem, remedy });

  /** Copies a value under lower-first keys. Keys of `free` objects (application properties) stay as they are. */
  function copy(value: unknown, from: JsonPath, to: JsonPath, free = false): unknown {
    sources.set(pathKey(to), from);
    if (Array.isArray(value)) return value.map((item, index) => copy(item, [...from, index], [...to, index]));
    if (!isNode(value)) return free ? value : fromString(to.at(-1), value);
    const result: Node = {};
    for (const [key, item] of Object.entries(value)) {
      const name = free ? key : lowerFirst(key);
      const isFree = to.at(-1) === 'correlationFilter' && name === 'properties';
      result[name] = copy(item, [...from, key], [...to, name], isFree);
    }
    return result;
  }

  function list(
    value: unknown,
    from: JsonPath,
    to: JsonPath,
    item: (node: Node, from: JsonPath, to: JsonPath) => Node,
  ) {
    sources.set(pathKey(to), from);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      report(from, 'is not an array', 'write an array […]');
      return [];
    }
    return value.map((node: unknown, index) => {
      sources.set(pathKey([...to, index]), [...from, index]);
      return isNode(node) ? item(node, [...from, index], [...to, index]) : node;
    });
  }

  /** `Name` and `Properties` become one object; empty strings ("ForwardTo": "") mean that nothing is set. */
  function entity(node: Node, from: JsonPath, to: JsonPath, defaults: Node, children: readonly string[] = []): Node {
    const result: Node = { ...defaults };
    for (const [key, value] of Object.entries(node)) {
      if (key === 'Properties' || children.includes(key)) continue;
      result[lowerFirst(key)] = copy(value, [...from, key], [...to, lowerFirst(key)]);
    }
    const properties = node.Properties;
    if (properties !== undefined && !isNode(properties))
      report([...from, 'Properties'], 'is not an object', 'write {…}');
    if (!isNode(properties)) return result;
    for (const [key, value] of Object.entries(properties)) {
      if (value === '' && key.startsWith('Forward')) continue;
      result[lowerFirst(key)] = copy(value, [...from, 'Properties', key], [...to, lowerFirst(key)]);
    }
    return result;
  }

  function toRule(node: Node, from: JsonPath, to: JsonPath): Node {
    const rule = entity(node, from, to, {});
    const filterTypes: Record<string, string> = { Sql: 'SqlFilter', Correlation: 'CorrelationFilter' };
    if (typeof rule.filterType === 'string') rule.filterType = filterTypes[rule.filterType] ?? rule.filterType;
    return rule;
  }

  function toSubscription(node: Node, from: JsonPath, to: JsonPath): Node {
    const subscription = entity(node, from, to, subscriptionDefaults, ['Rules']);
    if ('Rules' in node) subscription.rules = list(node.Rules, [...from, 'Rules'], [...to, 'rules'], toRule);
    return subscription;
  }

  function toTopic(node: Node, from: JsonPath, to: JsonPath): Node {
    const topic = entity(node, from, to, topicDefaults, ['Subscriptions']);
    topic.subscriptions = list(
      node.Subscriptions,
      [...from, 'Subscriptions'],
      [...to, 'subscriptions'],
      toSubscription,
    );
    return topic;
  }

  const toQueue = (node: Node, from: JsonPath, to: JsonPath) => entity(node, from, to, queueDefaults);

  /** Exactly one namespace: the emulators run one, and names of entities are unique in it. */
  function namespace(value: unknown, from: JsonPath): { node: Node; path: JsonPath } | undefined {
    if (!Array.isArray(value)) report(from, 'is not an array', 'write an array […] with one namespace');
    else if (value.length > 1)
      report(from, `has ${value.length} namespaces`, 'keep one; use another instance for the other');
    const node: unknown = Array.isArray(value) ? value[0] : undefined;
    return isNode(node) ? { node, path: [...from, 0] } : undefined;
  }

  function knownKeys(node: Node, path: JsonPath, known: readonly string[]): void {
    for (const key of Object.keys(node))
      if (!known.includes(key)) report([...path, key], `unknown key "${key}"`, `known here: ${known.join(', ')}`);
  }

  const result: Node = {};
  const root = document.value as Node;
  const user = root.UserConfig as Node;
  knownKeys(root, [], ['UserConfig', '$schema']);
  knownKeys(user, ['UserConfig'], ['Namespaces', 'NamespaceConfig', 'Logging', 'LoggingConfig']);
  if (user.Namespaces === undefined && user.NamespaceConfig === undefined)
    report(['UserConfig'], 'has neither Namespaces (Service Bus) nor NamespaceConfig (Event Hubs)', 'add one of them');

  if (user.Namespaces !== undefined) {
    const found = namespace(user.Namespaces, ['UserConfig', 'Namespaces']);
    if (found) {
      knownKeys(found.node, found.path, ['Name', 'Queues', 'Topics']);
      result.serviceBus = {
        queues: list(found.node.Queues, [...found.path, 'Queues'], ['serviceBus', 'queues'], toQueue),
        topics: list(found.node.Topics, [...found.path, 'Topics'], ['serviceBus', 'topics'], toTopic),
      };
    }
  }
  if (user.NamespaceConfig !== undefined) {
    const found = namespace(user.NamespaceConfig, ['UserConfig', 'NamespaceConfig']);
    if (found) {
      knownKeys(found.node, found.path, ['Type', 'Name', 'Entities']);
      const hubs = copy(found.node.Entities ?? [], [...found.path, 'Entities'], ['eventHubs', 'hubs']);
      result.eventHubs = { hubs: Array.isArray(hubs) ? hubs.map(withEmulatorRetention) : hubs };
    }
  }

  return {
    value: result,
    problems,
    sourcePath: (path) => {
      for (let length = path.length; length > 0; length -= 1) {
        const source = sources.get(pathKey(path.slice(0, length)));
        if (source) return [...source, ...path.slice(length)];
      }
      return ['UserConfig'];
    },
  };
}

const numberKeys = ['partitionCount', 'maxDeliveryCount', 'messageRetentionInDays'];
const booleanKeys = [
  'deadLetteringOnMessageExpiration',
  'requiresDuplicateDetection',
  'requiresSession',
  'deadLetteringOnFilterEvaluationExceptions',
];

/** The emulators read "2" as 2 and "true" as true; published samples (azure-functions-nodejs-e2e-tests) rely on it. */
function fromString(key: string | number | undefined, value: unknown): unknown {
  if (typeof value !== 'string' || typeof key !== 'string') return value;
  if (value.toLowerCase() === '$default' && key === 'name') return '$Default'; // as their Config-schema.json writes it
  if (numberKeys.includes(key) && /^\d+$/.test(value)) return Number(value);
  if (booleanKeys.includes(key) && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  return value;
}

/** The emulator keeps events for one hour. */
function withEmulatorRetention(hub: unknown): unknown {
  if (!isNode(hub) || 'messageRetentionInDays' in hub || 'retentionDescription' in hub) return hub;
  return { ...hub, retentionDescription: { retentionTimeInHours: 1 } };
}
