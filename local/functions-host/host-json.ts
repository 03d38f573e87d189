import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { logLevelNames } from './engine/log-filter.ts';
import { parseTimeSpan } from './engine/time-span.ts';
import { readJson } from './read-json.ts';
import { FunctionsHostError } from './types.ts';

/*
 * host.json, schema version 2 (learn.microsoft.com, "host.json reference for Azure Functions 2.x and later") with the
 * defaults of the extensions in bundle [4.*, 5.0.0): Service Bus 5.x, Event Hubs 6.x, Storage 5.x, Event Grid 3.x.
 * Durations arrive as TimeSpans and leave as milliseconds.
 */

const timeSpan = z.string().transform((text, context) => {
  const durationMs = parseTimeSpan(text);
  if (durationMs !== undefined) return durationMs;
  context.addIssue({ code: 'custom', message: `"${text}" is no time span; write hh:mm:ss, such as "00:05:00"` });
  return z.NEVER;
});
const count = (least: number, most: number = Number.MAX_SAFE_INTEGER) => z.number().int().min(least).max(most);

const serviceBus = z.object({
  prefetchCount: count(0).default(0),
  autoCompleteMessages: z.boolean().default(true),
  maxAutoLockRenewalDuration: timeSpan.default(5 * 60_000),
  maxConcurrentCalls: count(1).default(16),
  maxConcurrentSessions: count(1).default(8),
  maxConcurrentCallsPerSession: count(1).default(1),
  maxMessageBatchSize: count(1).default(1000),
  minMessageBatchSize: count(1).default(1),
  maxBatchWaitTime: timeSpan.default(30_000),
  sessionIdleTimeout: timeSpan.optional(),
  enableCrossEntityTransactions: z.boolean().default(false),
  transportType: z.string().optional(),
  webProxy: z.string().optional(),
  clientRetryOptions: z.looseObject({}).optional(),
});

const eventHubs = z.object({
  maxEventBatchSize: count(1).default(100),
  minEventBatchSize: count(1).default(1),
  maxWaitTime: timeSpan.default(60_000),
  batchCheckpointFrequency: count(1).default(1),
  prefetchCount: count(0).default(300),
  targetUnprocessedEventThreshold: count(1).optional(),
  initialOffsetOptions: z
    .object({
      type: z.stringFormat('offset type', /^(fromStart|fromEnd|fromEnqueuedTime)$/i).default('fromStart'),
      enqueuedTimeUtc: z.string().optional(),
    })
    .prefault({}),
  transportType: z.string().optional(),
  webProxy: z.string().optional(),
  customEndpointAddress: z.string().optional(),
  loadBalancingUpdateInterval: timeSpan.optional(),
  partitionOwnershipExpirationInterval: timeSpan.optional(),
  trackLastEnqueuedEventProperties: z.boolean().optional(),
  clientRetryOptions: z.looseObject({}).optional(),
});

const queues = z.object({
  maxPollingInterval: z.union([timeSpan, z.number()]).default(2000),
  visibilityTimeout: timeSpan.default(0),
  batchSize: count(1, 32).default(16),
  newBatchThreshold: count(0).optional(),
  maxDequeueCount: count(1).default(5),
  messageEncoding: z.stringFormat('message encoding', /^(base64|none)$/i).default('base64'),
});

const blobs = z.object({ maxDegreeOfParallelism: count(1).optional(), poisonBlobThreshold: count(1).default(5) });

const http = z.object({
  routePrefix: z.string().default('api'),
  maxOutstandingRequests: count(-1).default(-1),
  maxConcurrentRequests: count(-1).default(-1),
  dynamicThrottlesEnabled: z.boolean().default(false),
  customHeaders: z.record(z.string(), z.string()).default({}),
  hsts: z.looseObject({}).optional(),
});

const logLevel = z.string().transform((text, context) => {
  const level = logLevelNames.find((name) => name.toLowerCase() === text.toLowerCase());
  if (level) return level;
  context.addIssue({ code: 'custom', message: `"${text}" is no log level; there are ${logLevelNames.join(', ')}` });
  return z.NEVER;
});

const schema = z.object({
  version: z.literal('2.0', { message: 'must be "2.0"' }),
  functionTimeout: z.union([timeSpan, z.literal('-1').transform(() => -1)]).optional(),
  functions: z.array(z.string()).optional(),
  extensions: z
    .looseObject({
      serviceBus: serviceBus.prefault({}),
      eventHubs: eventHubs.prefault({}),
      queues: queues.prefault({}),
      blobs: blobs.prefault({}),
      http: http.prefault({}),
    })
    .prefault({}),
  logging: z.looseObject({ logLevel: z.record(z.string(), logLevel).default({}) }).prefault({}),
  telemetryMode: z.string().optional(),
});

export type HostJson = z.output<typeof schema> & {
  /** The extensions that the file itself speaks of: most likely those that the app uses. */
  readonly configuredExtensions: readonly string[];
};
export type ServiceBusHostOptions = HostJson['extensions']['serviceBus'];
export type EventHubsHostOptions = HostJson['extensions']['eventHubs'];
export type QueueHostOptions = HostJson['extensions']['queues'];

/** Keys of older extensions and what took their place: the host ignores them, so the reader should know. */
const outdated: Record<string, string> = {
  'extensions.serviceBus.messageHandlerOptions':
    'maxConcurrentCalls, autoCompleteMessages and maxAutoLockRenewalDuration',
  'extensions.serviceBus.sessionHandlerOptions': 'maxConcurrentSessions and sessionIdleTimeout',
  'extensions.serviceBus.batchOptions': 'maxMessageBatchSize',
  'extensions.eventHubs.eventProcessorOptions': 'maxEventBatchSize and prefetchCount',
  'extensions.eventHubs.maxBatchSize': 'maxEventBatchSize',
};

const topLevelKeys = new Set([
  ...Object.keys(schema.shape),
  ...['$schema', 'extensionBundle', 'managedDependency', 'concurrency', 'retry', 'watchDirectories', 'watchFiles'],
  ...['healthMonitor', 'singleton', 'aggregator', 'applicationInsights', 'customHandler', 'snapshotConfiguration'],
]);
const otherExtensions = [
  'durableTask',
  'cosmosDB',
  'signalR',
  'sendGrid',
  'kafka',
  'rabbitMQ',
  'mcp',
  'warmup',
  'tables',
];

/**
 * Reads `host.json` of an app, overlaid with the settings `AzureFunctionsJobHost__…` as the host does.
 *
 * @param warn gets one sentence for every key that has no effect
 * @throws {@link FunctionsHostError} naming the file, the place in it and what is wrong
 */
export function readHostJson(
  appFolder: string,
  settings: Readonly<Record<string, string>>,
  warn: (text: string) => void,
): HostJson {
  const file = path.join(appFolder, 'host.json');
  if (!existsSync(file)) {
    throw new FunctionsHostError(`${appFolder} is no Functions app: it has no host.json.`);
  }
  return parseHostJson(readJson(file), settings, warn, file);
}

/** As {@link readHostJson}, from what the file holds. */
export function parseHostJson(
  parsed: unknown,
  settings: Readonly<Record<string, string>>,
  warn: (text: string) => void,
  file = 'host.json',
): HostJson {
  const overlaid = overlay(parsed, settings);
  const result = schema.safeParse(overlaid);
  if (!result.success) {
    const issues = result.error.issues.map((issue) => `${issue.path.join('.') || 'the whole file'}: ${issue.message}`);
    throw new FunctionsHostError(`${file} cannot be used: ${issues.join('; ')}.`);
  }
  for (const key of unusedKeys(overlaid)) {
    const instead = outdated[key];
    warn(
      instead
        ? `${file}: "${key}" belongs to an older extension and has no effect; use ${instead}.`
        : `${file}: "${key}" is not known and has no effect.`,
    );
  }
  return { ...result.data, configuredExtensions: keysOf((overlaid as { extensions?: unknown }).extensions) };
}

function unusedKeys(hostJson: unknown): string[] {
  const keys = keysOf(hostJson).filter((key) => !topLevelKeys.has(key));
  const extensions = (hostJson as { extensions?: Record<string, unknown> }).extensions;
  const shapes: Record<string, object> = { serviceBus, eventHubs, queues, blobs, http };
  for (const name of keysOf(extensions)) {
    const shape = (shapes[name] as { shape?: object } | undefined)?.shape;
    if (!shape && !otherExtensions.includes(name)) keys.push(`extensions.${name}`);
    if (!shape) continue;
    for (const key of keysOf(extensions?.[name])) if (!(key in shape)) keys.push(`extensions.${name}.${key}`);
  }
  return keys;
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** `AzureFunctionsJobHost__extensions__queues__batchSize=4` sets that key (override host.json values). */
function overlay(parsed: unknown, settings: Readonly<Record<string, string>>): unknown {
  if (typeof parsed !== 'object' || parsed === null) return parsed;
  const copy = structuredClone(parsed) as Record<string, unknown>;
  for (const [name, value] of Object.entries(settings)) {
    const [root, ...steps] = name.split(/__|:/);
    if (root !== 'AzureFunctionsJobHost' || steps.length === 0) continue;
    let target = copy;
    for (const step of steps.slice(0, -1)) {
      if (typeof target[step] !== 'object' || target[step] === null) target[step] = {};
      target = target[step] as Record<string, unknown>;
    }
    target[steps.at(-1)!] = /^(true|false|-?\d+)$/i.test(value) ? JSON.parse(value.toLowerCase()) : value;
  }
  return copy;
}
