import type { CorrelationFilterFields, MessageView } from '../api.ts';
import { EMPTY_CORRELATION_FILTER_SELECTS, foldName } from './choices.ts';
import { compare } from './comparison.ts';
import { fromFilterValue } from './filter-value.ts';
import { toSqlValue, userProperty } from './properties.ts';
import { isNumber, type SqlValue } from './values.ts';

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
    const expected = fromFilterValue(value);
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
