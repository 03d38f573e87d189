import type { QueueDefinition, RuleDefinition, SubscriptionDefinition, Tier, TopicDefinition } from './definitions.ts';
import type { Refusal } from './outcomes.ts';
import { refuse } from './refusals.ts';

/** Limits of the service (contracts §12; quotas table). One place for all of them. */
export const LIMITS = {
  entities: 10_000,
  subscriptionsPerTopic: 2000,
  sqlFiltersPerTopic: 2000,
  correlationFiltersPerTopic: 100_000,
  receiversPerEntity: 5000,
  messagesPerBatch: 4500,
  headerBytes: 64 * 1024,
  propertyBytes: 32 * 1024,
  idLength: 128,
  pathLength: 260,
  shortNameLength: 50,
  deadLetterTextLength: 4096,
  peekCount: 250,
  transactionMs: 120_000,
  transactionMessages: 100,
  standardMessageBytes: 256 * 1024,
  premiumDefaultMessageBytes: 1024 * 1024,
  premiumLeastMessageKilobytes: 1024,
  premiumMostMessageKilobytes: 100 * 1024,
} as const;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
const PATH = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9_])?$/;
const SHORT_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;
const RULE_NAME = /^[$A-Za-z0-9_](?:[$A-Za-z0-9._-]*[A-Za-z0-9_])?$/;

export const deletedPerCall = (tier: Tier): number => (tier === 'Premium' ? 4000 : 500);

/** The largest message that the entity takes. */
export function maxMessageBytes(tier: Tier, maxMessageSizeInKilobytes: number | undefined): number {
  if (tier !== 'Premium') return LIMITS.standardMessageBytes;
  return maxMessageSizeInKilobytes === undefined ? LIMITS.premiumDefaultMessageBytes : maxMessageSizeInKilobytes * 1024;
}

class Problems {
  private readonly path: string;
  first: Refusal | undefined;

  constructor(path: string) {
    this.path = path;
  }

  argument(isWrong: boolean, detail: string): void {
    if (isWrong) this.first ??= refuse('invalid-argument', this.path, detail);
  }

  range(value: number, least: number, most: number, name: string, unit = ''): void {
    if (!(value >= least && value <= most))
      this.first ??= refuse(
        'argument-out-of-range',
        this.path,
        `${name} is ${value}${unit}; it must be from ${least}${unit} to ${most}${unit}.`,
      );
  }

  /** In the service's words (answers recorded by the tests of azure-servicebus). */
  timeSpan(isRight: boolean, valueMs: number, name: string, text: string): void {
    if (!isRight)
      this.first ??= refuse(
        'argument-out-of-range',
        this.path,
        `${text}\r\nParameter name: ${name}\r\nActual value was ${asTimeSpan(valueMs)}.`,
      );
  }

  tier(isUsed: boolean, feature: string): void {
    if (isUsed) this.first ??= refuse('not-in-tier', this.path, `The Basic tier has no ${feature}.`);
  }
}

/** As .NET writes a span of time: `7.00:00:00`. */
function asTimeSpan(ms: number): string {
  if (!Number.isFinite(ms)) return '10675199.02:48:05.4775807';
  const parts = [(ms % DAY_MS) / (60 * MINUTE_MS), (ms % (60 * MINUTE_MS)) / MINUTE_MS, (ms % MINUTE_MS) / SECOND_MS];
  const [days, fraction] = [Math.floor(ms / DAY_MS), ms % SECOND_MS];
  const time = parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
  return `${days > 0 ? `${days}.` : ''}${time}${fraction > 0 ? `.${String(fraction * 10_000).padStart(7, '0')}` : ''}`;
}

function checkName(problems: Problems, name: string, pattern: RegExp, longest: number): void {
  problems.argument(
    name.length === 0 || name.length > longest || !pattern.test(name),
    `'${name}' is not a valid name: 1 to ${longest} letters, digits, '.', '-', '_'${pattern === PATH ? " and '/'" : ''}, beginning and ending with a letter or a digit.`,
  );
}

function checkReceiving(problems: Problems, definition: QueueDefinition | SubscriptionDefinition, tier: Tier): void {
  problems.timeSpan(
    definition.lockDurationMs <= 5 * MINUTE_MS,
    definition.lockDurationMs,
    'LockDuration',
    "The supplied lock time exceeds the allowed maximum of '5' minutes. To know more visit https://aka.ms/sbResourceMgrExceptions. ",
  );
  problems.range(definition.lockDurationMs, 5 * SECOND_MS, 5 * MINUTE_MS, 'lockDuration', ' ms');
  problems.range(definition.maxDeliveryCount, 1, 2000, 'maxDeliveryCount');
  if (tier !== 'Basic') return;
  problems.tier(definition.requiresSession, 'sessions');
  problems.tier(definition.forwardTo !== undefined, 'automatic forwarding');
  problems.tier(definition.forwardDeadLetteredMessagesTo !== undefined, 'forwarding of dead letters');
}

function checkStoring(problems: Problems, definition: QueueDefinition | TopicDefinition, tier: Tier): void {
  checkName(problems, definition.name, PATH, LIMITS.pathLength);
  problems.range(definition.maxSizeInMegabytes, 1, 80 * 1024 * 16, 'maxSizeInMegabytes');
  checkMessageSize(problems, definition.maxMessageSizeInKilobytes, tier);
  const { duplicateDetectionHistoryTimeWindowMs: windowMs } = definition;
  problems.timeSpan(
    windowMs >= 20 * SECOND_MS && windowMs <= 7 * DAY_MS,
    windowMs,
    'DuplicateDetectionHistoryTimeWindow',
    'The value supplied must be between 00:00:20 and 7.00:00:00.',
  );
  if (tier !== 'Basic') return;
  problems.tier(definition.requiresDuplicateDetection, 'duplicate detection');
  problems.range(definition.defaultMessageTimeToLiveMs, 1, 14 * DAY_MS, 'defaultMessageTimeToLive', ' ms');
}

/**
 * The words for Premium are the service's (live test atomManagement). The other tiers answer their one size and take that back; of
 * any other they only say "Bad Request." (live test of azure-servicebus, test_mgmt_topics).
 */
function checkMessageSize(problems: Problems, kilobytes: number | undefined, tier: Tier): void {
  if (kilobytes === undefined) return;
  if (tier !== 'Premium') {
    const only = LIMITS.standardMessageBytes / 1024;
    problems.argument(kilobytes !== only, `MaxMessageSizeInKilobytes is ${only} in the ${tier} tier.`);
    return;
  }
  const { premiumLeastMessageKilobytes: least, premiumMostMessageKilobytes: most } = LIMITS;
  problems.argument(
    !(kilobytes >= least && kilobytes <= most),
    `The value for 'MaxMessageSizeInKilobytes' must be between ${least} and ${most}.`,
  );
}

function checkLife(
  problems: Problems,
  definition: { readonly defaultMessageTimeToLiveMs: number; readonly autoDeleteOnIdleMs: number },
): void {
  problems.range(
    definition.defaultMessageTimeToLiveMs,
    SECOND_MS,
    Number.POSITIVE_INFINITY,
    'defaultMessageTimeToLive',
    ' ms',
  );
  problems.range(definition.autoDeleteOnIdleMs, 5 * MINUTE_MS, Number.POSITIVE_INFINITY, 'autoDeleteOnIdle', ' ms');
}

/**
 * The Basic tier's time to live is at most 14 days, and that is its default too (V exp): "never" becomes 14 days there.
 */
export function withTierDefaults<Definition extends { readonly defaultMessageTimeToLiveMs: number }>(
  definition: Definition,
  tier: Tier,
): Definition {
  if (tier !== 'Basic' || Number.isFinite(definition.defaultMessageTimeToLiveMs)) return definition;
  return { ...definition, defaultMessageTimeToLiveMs: 14 * DAY_MS };
}

export function checkQueue(definition: QueueDefinition, tier: Tier): Refusal | undefined {
  const problems = new Problems(definition.name);
  checkStoring(problems, definition, tier);
  checkReceiving(problems, definition, tier);
  checkLife(problems, definition);
  return problems.first;
}

export function checkTopic(definition: TopicDefinition, tier: Tier): Refusal | undefined {
  const problems = new Problems(definition.name);
  problems.tier(tier === 'Basic', 'topics');
  checkStoring(problems, definition, tier);
  checkLife(problems, definition);
  return problems.first;
}

export function checkSubscription(path: string, definition: SubscriptionDefinition, tier: Tier): Refusal | undefined {
  const problems = new Problems(path);
  checkName(problems, definition.name, SHORT_NAME, LIMITS.shortNameLength);
  checkReceiving(problems, definition, tier);
  checkLife(problems, definition);
  return problems.first;
}

export function checkRuleName(path: string, rule: RuleDefinition): Refusal | undefined {
  const problems = new Problems(path);
  checkName(problems, rule.name, RULE_NAME, LIMITS.shortNameLength);
  return problems.first;
}
