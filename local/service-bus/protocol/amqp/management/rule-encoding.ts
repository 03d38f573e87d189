import { described, int, timestamp } from '../../../../amqp/codec/index.ts';
import type { FilterValue, RuleDefinition, RuleFilter, RuleInfo } from '../../../engine/api.ts';
import { fromPropertyValue, toPropertyValue } from '../property-values.ts';
import { BadRequest } from './operation.ts';

/** Descriptors of rules (amqp-request-response, "Enumerate rules"). */
const RULE = 0x137_0000_0004;
const SQL_FILTER = 0x13_7000_0006;
const TRUE_FILTER = 0x13_7000_0007;
const FALSE_FILTER = 0x13_7000_0008;
const CORRELATION_FILTER = 0x13_7000_0009;
const SQL_ACTION = 0x137_0000_0006;
const EMPTY_ACTION = 0x137_0000_0005;
const COMPATIBILITY_LEVEL = 20;

type Fields = ReadonlyMap<string, unknown>;

/** The `rule-description` of add-rule; `properties` are the correlation filter's, with their types. */
export function toRule(name: string, description: Fields, properties: Fields | undefined): RuleDefinition {
  const action = description.get('sql-rule-action');
  const expression = action instanceof Map ? (action.get('expression') as string | null) : undefined;
  return {
    name,
    filter: toFilter(description, properties),
    action: expression ? { sqlExpression: expression } : undefined,
  };
}

function toFilter(description: Fields, properties: Fields | undefined): RuleFilter {
  const sql = description.get('sql-filter');
  if (sql instanceof Map) {
    const expression = (sql as Fields).get('expression');
    if (typeof expression !== 'string') throw new BadRequest("The rule's SQL filter has no expression.");
    return { filterType: 'SqlFilter', sqlExpression: expression };
  }
  const correlation = description.get('correlation-filter');
  if (correlation instanceof Map) return toCorrelationFilter(correlation as Fields, properties);
  if (description.has('true-filter')) return { filterType: 'TrueFilter' };
  if (description.has('false-filter')) return { filterType: 'FalseFilter' };
  throw new BadRequest('The rule has no filter.');
}

const CORRELATION_FIELDS = [
  ['correlation-id', 'correlationId'],
  ['message-id', 'messageId'],
  ['to', 'to'],
  ['reply-to', 'replyTo'],
  ['label', 'label'],
  ['session-id', 'sessionId'],
  ['reply-to-session-id', 'replyToSessionId'],
  ['content-type', 'contentType'],
] as const;

function toCorrelationFilter(fields: Fields, properties: Fields | undefined): RuleFilter {
  const filter: Record<string, unknown> = { filterType: 'CorrelationFilter' };
  for (const [wire, name] of CORRELATION_FIELDS) {
    const value = fields.get(wire);
    if (typeof value === 'string') filter[name] = value;
  }
  if (properties && properties.size > 0)
    filter.properties = Object.fromEntries(Array.from(properties, ([key, value]) => [key, toPropertyValue(value)]));
  return filter as RuleFilter;
}

/** One entry of enumerate-rules. The action is always there: the clients read it unguarded. */
export function fromRule({ rule, createdAt }: RuleInfo): unknown {
  return {
    'rule-description': described(RULE, [fromFilter(rule.filter), fromAction(rule), rule.name, timestamp(createdAt)]),
  };
}

function fromFilter(filter: RuleFilter): unknown {
  switch (filter.filterType) {
    case 'TrueFilter':
      return described(TRUE_FILTER, []);
    case 'FalseFilter':
      return described(FALSE_FILTER, []);
    case 'SqlFilter':
      return described(SQL_FILTER, [filter.sqlExpression, int(COMPATIBILITY_LEVEL)]);
    case 'CorrelationFilter':
      return described(CORRELATION_FILTER, [
        ...CORRELATION_FIELDS.map(([, name]) => filter[name] ?? null),
        Object.fromEntries(
          Object.entries(filter.properties ?? {}).map(([key, value]) => [key, fromFilterValue(value)]),
        ),
      ]);
  }
}

function fromFilterValue(value: FilterValue): unknown {
  return typeof value === 'object' && !(value instanceof Date) ? fromPropertyValue(value) : value;
}

function fromAction({ action }: RuleDefinition): unknown {
  if (!action) return described(EMPTY_ACTION, []);
  return described(SQL_ACTION, [action.sqlExpression, int(COMPATIBILITY_LEVEL)]);
}
