import type { MessageView, PropertyValue, RuleDefinition } from '../../../local/service-bus/engine/api.ts';
import { compileRule } from '../../../local/service-bus/engine/filters/index.ts';

const SYSTEM_NAMES = (
  'ContentType CorrelationId DeadLetterSource Label MessageId PartitionKey ReplyTo ReplyToSessionId SessionId To ' +
  'ViaPartitionKey DeliveryCount EnqueuedSequenceNumber SequenceNumber Size EnqueuedTimeUtc ExpiresAtUtc LockedUntilUtc ' +
  'ScheduledEnqueueTimeUtc LockToken TimeToLive ForcePersistence State'
).split(' ');

/** A message as a rule sees it: user properties, and system properties by their `sys.` name. */
export function message(
  user: Readonly<Record<string, PropertyValue>> = {},
  system: Readonly<Record<string, PropertyValue>> = {},
): MessageView {
  return {
    applicationProperties: new Map(Object.entries(user)),
    system(name) {
      const known = SYSTEM_NAMES.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
      return known === undefined ? undefined : (system[known] ?? { type: 'null' });
    },
  };
}

export const text = (value: string): PropertyValue => ({ type: 'string', value });
export const int = (value: number): PropertyValue => ({ type: 'int', value });
export const uint = (value: number): PropertyValue => ({ type: 'uint', value });
export const long = (value: bigint): PropertyValue => ({ type: 'long', value });
export const ulong = (value: bigint): PropertyValue => ({ type: 'ulong', value });
export const double = (value: number): PropertyValue => ({ type: 'double', value });
export const bool = (value: boolean): PropertyValue => ({ type: 'boolean', value });
export const decimal = (value: string): PropertyValue => ({ type: 'decimal', value });
export const none: PropertyValue = { type: 'null' };

export const NEW_ID = '0F8FAD5B-D9CB-469F-A165-70867728950E';

export function sql(
  sqlExpression: string,
  parameters?: Readonly<Record<string, string | number | bigint | boolean | Date>>,
): RuleDefinition {
  return { name: 'r', filter: { filterType: 'SqlFilter', sqlExpression, parameters }, action: undefined };
}

/** The rule, which must compile. */
export function compiled(rule: RuleDefinition) {
  const result = compileRule(rule, () => NEW_ID);
  if (!result.ok) throw new Error(result.error);
  return result.rule;
}

export function refusal(rule: RuleDefinition): string {
  const result = compileRule(rule, () => NEW_ID);
  if (result.ok) throw new Error('The rule compiles.');
  return result.error;
}

/**
 * What the service's documentation calls the result: T, F, U (unknown), E (a fault). An unknown shows itself from outside
 * in that neither the expression nor its negation selects the message.
 */
export function truth(expression: string, view: MessageView, parameters?: Parameters<typeof sql>[1]): string {
  const result = compiled(sql(expression, parameters)).matches(view);
  if (typeof result === 'object') return 'E';
  if (result === 'match') return 'T';
  return compiled(sql(`NOT (${expression})`, parameters)).matches(view) === 'match' ? 'F' : 'U';
}

/** The user properties after the rule's action. */
export function acted(action: string, view: MessageView) {
  const rule = compiled({ ...sql('1 = 1'), action: { sqlExpression: action } });
  return rule.applyAction(view);
}
