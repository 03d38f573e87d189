/**
 * The one place for what the service leaves open: each point is undocumented or documented two ways, and here is what we
 * do. docs/fidelity/filters.md lists the same points; measuring Azure may change a line here and nothing elsewhere.
 */

/** The reasons under which a message is dead-lettered on a fault; the documentation names the exceptions, not the text. */
export const FILTER_FAULT_REASON = 'FilterException';
export const ACTION_FAULT_REASON = 'RuleActionException';

/**
 * `LIKE` on null (a system property that is not set, say): unknown, so that neither `sys.Label LIKE 'a%'` nor its negation
 * selects a message without a label, and none is dead-lettered for having none. A number or a boolean is a fault.
 */
export const LIKE_ON_NULL: undefined = undefined;

/** `LIKE` minds letter case, as `=` does (correlation filters are documented as case-sensitive). */
export const foldForLike = (text: string): string => text;

/** A name that differs only in letter case finds the property; of several, the one the message lists first. */
export const foldName = (name: string): string => name.toLowerCase();

/** New SDKs call the label `subject`; `sys.Subject` is not in the documentation's list, and reads and sets Label here. */
export const SYSTEM_NAME_ALIASES: ReadonlyMap<string, string> = new Map([['subject', 'label']]);

/** A correlation filter with no field set selects every message: all (none) of its conditions hold. */
export const EMPTY_CORRELATION_FILTER_SELECTS = true;

/** A JavaScript number in a SQL parameter or a correlation filter is a double, which is what the SDK makes of it. */
export const NUMBER_PARAMETER_TYPE = 'double';

/** `SET x = <unknown>` leaves x as it is. The alternative would be to remove it, or to set null. */
export const SET_FROM_UNKNOWN: 'leave' | 'remove' = 'leave';

/**
 * A SET whose value does not convert to the type that a user property has: the property takes the value's type
 * ("tries to do an implicit conversion", sql-rule-action). A system property has a fixed type: there it is a fault.
 */
export const SET_WITHOUT_CONVERSION: 'retype' | 'fault' = 'retype';

/** Limits of service-bus-quotas. */
export const LONGEST_EXPRESSION = 1024;
export const MOST_STATEMENTS = 32;
export const LONGEST_RULE_NAME = 50;
