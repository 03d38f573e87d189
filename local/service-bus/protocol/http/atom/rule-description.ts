import type { FilterValue, RuleAction, RuleDefinition, RuleFilter, RuleInfo } from '../../../engine/api.ts';
import type { XmlContent, XmlElement } from '../xml.ts';
import { localName, readFilterValues, writeFilterValues } from './filter-values.ts';
import { formatInstant } from './value-formats.ts';

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };
const good = <T>(value: T): Read<T> => ({ ok: true, value });
const bad = (problem: string): { ok: false; problem: string } => ({ ok: false, problem });

const COMPATIBILITY_LEVEL = '20';

/** A `RuleDescription` or `DefaultRuleDescription`. Without a filter: the true filter. The name is the path's where it has one. */
export function readRule(description: XmlElement, name: string): Read<RuleDefinition> {
  const filter = readFilter(description.child('Filter'));
  if (!filter.ok) return filter;
  const action = readAction(description.child('Action'));
  if (!action.ok) return action;
  return good({ name, filter: filter.value, action: action.value });
}

function readFilter(element: XmlElement | undefined): Read<RuleFilter> {
  const type = localName(element?.attribute('type'));
  if (!element || type === 'TrueFilter') return good({ filterType: 'TrueFilter' });
  if (type === 'FalseFilter') return good({ filterType: 'FalseFilter' });
  if (type === 'CorrelationFilter') return readCorrelationFilter(element);
  if (type !== 'SqlFilter') return bad(`The filter's type '${type ?? ''}' is not known.`);
  const sqlExpression = element.child('SqlExpression')?.text ?? '';
  const parameters = readValues(element.child('Parameters'));
  if (!parameters.ok) return parameters;
  return good(
    parameters.value
      ? { filterType: 'SqlFilter', sqlExpression, parameters: parameters.value }
      : { filterType: 'SqlFilter', sqlExpression },
  );
}

const CORRELATION_FIELDS = [
  ['CorrelationId', 'correlationId'],
  ['MessageId', 'messageId'],
  ['To', 'to'],
  ['ReplyTo', 'replyTo'],
  ['Label', 'label'],
  ['SessionId', 'sessionId'],
  ['ReplyToSessionId', 'replyToSessionId'],
  ['ContentType', 'contentType'],
] as const;

function readCorrelationFilter(element: XmlElement): Read<RuleFilter> {
  const fields: Partial<Record<(typeof CORRELATION_FIELDS)[number][1], string>> = {};
  for (const [name, property] of CORRELATION_FIELDS) {
    const child = element.child(name);
    if (child) fields[property] = child.text;
  }
  const properties = readValues(element.child('Properties'));
  if (!properties.ok) return properties;
  return good({
    filterType: 'CorrelationFilter',
    ...fields,
    ...(properties.value ? { properties: properties.value } : {}),
  });
}

function readAction(element: XmlElement | undefined): Read<RuleDefinition['action']> {
  const type = localName(element?.attribute('type'));
  if (!element || type === 'EmptyRuleAction' || type === undefined) return good(undefined);
  if (type !== 'SqlRuleAction') return bad(`The action's type '${type}' is not known.`);
  const parameters = readValues(element.child('Parameters'));
  if (!parameters.ok) return parameters;
  const sqlExpression = element.child('SqlExpression')?.text ?? '';
  return good(parameters.value ? { sqlExpression, parameters: parameters.value } : { sqlExpression });
}

function readValues(element: XmlElement | undefined): Read<Readonly<Record<string, FilterValue>> | undefined> {
  const read = readFilterValues(element);
  return 'problem' in read ? bad(read.problem) : good(read.values);
}

export function writeRule(info: RuleInfo): XmlContent {
  const { rule } = info;
  return {
    Filter: writeFilter(rule.filter),
    Action: rule.action ? { '@_i:type': 'SqlRuleAction', ...writeSql(rule.action) } : { '@_i:type': 'EmptyRuleAction' },
    CreatedAt: formatInstant(info.createdAt),
    Name: rule.name,
  };
}

function writeFilter(filter: RuleFilter): XmlContent {
  switch (filter.filterType) {
    case 'TrueFilter':
      return { '@_i:type': 'TrueFilter', ...writeSql({ sqlExpression: '1=1' }) };
    case 'FalseFilter':
      return { '@_i:type': 'FalseFilter', ...writeSql({ sqlExpression: '1=0' }) };
    case 'SqlFilter':
      return { '@_i:type': 'SqlFilter', ...writeSql(filter) };
    case 'CorrelationFilter': {
      const fields = CORRELATION_FIELDS.flatMap(([name, property]) =>
        filter[property] === undefined ? [] : [[name, filter[property]] as const],
      );
      return {
        '@_i:type': 'CorrelationFilter',
        ...Object.fromEntries(fields),
        ...(filter.properties ? { Properties: writeFilterValues(filter.properties) } : {}),
      };
    }
  }
}

function writeSql({ sqlExpression, parameters }: RuleAction): XmlContent {
  return {
    SqlExpression: sqlExpression,
    CompatibilityLevel: COMPATIBILITY_LEVEL,
    ...(parameters ? { Parameters: writeFilterValues(parameters) } : {}),
  };
}
