import type { CorrelationFilterFields, FilterValue, MessageView } from '../api.ts';
import { EMPTY_CORRELATION_FILTER_SELECTS, foldName, NUMBER_PARAMETER_TYPE } from './choices.ts';
import { compare } from './comparison.ts';
import { toSqlValue, userProperty } from './properties.ts';
import { booleanValue, isNumber, type SqlValue } from './values.ts';

type Condition = (view: MessageView) => boolean;

const SYSTEM_NAMES = {
  correlationId: 'CorrelationId',
  messageId: 'MessageId',
  to: 'To',
  replyTo: 'ReplyTo',
  label: 'Label',
  sessionId: 'SessionId',
  replyToSessionId: 'ReplyToSessionId',
  contentType: 'ContentType',
} as const;

/**
 * Compiles a correlation filter: every field that is set must equal the message's (topic-filters: AND, case-sensitive);
 * a property the message does not have, or has in another type, is no match and never a fault.
 */
export function compileCorrelation(fields: CorrelationFilterFields): Condition {
  const conditions: Condition[] = [];
  for (const [field, name] of Object.entries(SYSTEM_NAMES)) {
    const expected = fields[field as keyof typeof SYSTEM_NAMES];
    // The SDKs send what is not set as null, or leave it out.
    if (expected === undefined || expected === null) continue;
    conditions.push((view) => {
      const actual = view.system(name);
      return actual?.type === 'string' && actual.value === expected;
    });
  }
  for (const [name, value] of Object.entries(fields.properties ?? {})) {
    const folded = foldName(name);
    const expected = filterValue(value);
    conditions.push((view) => {
      const actual = userProperty(view.applicationProperties, name, folded);
      return actual !== undefined && isEqual(expected, actual);
    });
  }
  if (conditions.length === 0) return () => EMPTY_CORRELATION_FILTER_SELECTS;
  return (view) => conditions.every((holds) => holds(view));
}

/** Numbers are equal by value whatever their types: a JavaScript filter's double and a message's uint. */
function isEqual(expected: SqlValue, actual: SqlValue): boolean {
  if (isNumber(expected) && isNumber(actual)) {
    const [left, right] = [expected, actual].map((value) =>
      actual.type === 'decimal' && value.type === 'double'
        ? toSqlValue({ type: 'decimal', value: String(value.value) })
        : value,
    );
    return compare('=', left!, right!) === true;
  }
  return expected.type === actual.type && compare('=', expected, actual) === true;
}

function filterValue(value: FilterValue): SqlValue {
  switch (typeof value) {
    case 'string':
      return { type: 'string', value };
    case 'number':
      return { type: NUMBER_PARAMETER_TYPE, value };
    case 'bigint':
      return { type: 'long', value };
    case 'boolean':
      return booleanValue(value);
    default:
      return { type: 'datetime', value: value.getTime() };
  }
}
