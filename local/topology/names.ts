/** What a service accepts as a name: Azure's "Naming rules and restrictions for Azure resources", and each service's own page. */
export interface NameRule {
  /** As it stands in an error: "a queue name has …". */
  readonly what: string;
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern: string;
  readonly rule: string;
  /** A pattern cannot say everything; what is left. */
  readonly isRefused?: (name: string) => string | undefined;
}

const storageName = {
  minLength: 3,
  maxLength: 63,
  rule: '3 to 63 lower-case letters, digits and single hyphens, with a letter or digit at both ends',
};

export const nameRules = {
  container: {
    what: 'a container name',
    ...storageName,
    pattern: '^(\\$root|\\$web|\\$logs|[a-z0-9](-?[a-z0-9])*)$',
  },
  storageQueue: { what: 'a Storage queue name', ...storageName, pattern: '^[a-z0-9](-?[a-z0-9])*$' },
  table: {
    what: 'a table name',
    minLength: 3,
    maxLength: 63,
    pattern: '^[A-Za-z][A-Za-z0-9]*$',
    rule: '3 to 63 letters and digits, the first a letter',
    isRefused: (name: string) => (name.toLowerCase() === 'tables' ? 'the name "tables" is reserved' : undefined),
  },
  messagingEntity: {
    what: 'the name of a Service Bus queue or topic',
    minLength: 1,
    maxLength: 260,
    pattern: '^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$',
    rule: '1 to 260 letters, digits, . - _ and /, with a letter or digit at both ends',
    isRefused: (name: string) => (name.includes('//') ? 'two slashes stand side by side' : undefined),
  },
  subscription: {
    what: 'a subscription name',
    minLength: 1,
    maxLength: 50,
    pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$',
    rule: '1 to 50 letters, digits, . - and _, with a letter or digit at both ends',
  },
  rule: {
    what: 'a rule name',
    minLength: 1,
    maxLength: 50,
    pattern: '^(\\$Default|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)$',
    rule: '1 to 50 letters, digits, . - and _, with a letter or digit at both ends, or $Default',
  },
  eventHub: {
    what: 'an event hub name',
    minLength: 1,
    maxLength: 256,
    pattern: '^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$',
    rule: '1 to 256 letters, digits, . - _ and /, with a letter or digit at both ends',
  },
  consumerGroup: {
    what: 'a consumer group name',
    minLength: 1,
    maxLength: 50,
    pattern: '^(\\$[Dd]efault|[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?)$',
    rule: '1 to 50 letters, digits, . - _ and /, with a letter or digit at both ends, or $Default',
  },
  eventGridTopic: {
    what: 'an Event Grid topic name',
    minLength: 3,
    maxLength: 50,
    pattern: '^[A-Za-z0-9-]*$',
    rule: '3 to 50 letters, digits and hyphens',
  },
  systemTopic: {
    what: 'a system topic name',
    minLength: 3,
    maxLength: 128,
    pattern: '^[A-Za-z0-9-]*$',
    rule: '3 to 128 letters, digits and hyphens',
  },
  eventSubscription: {
    what: 'an event subscription name',
    minLength: 3,
    maxLength: 64,
    pattern: '^[A-Za-z0-9-]*$',
    rule: '3 to 64 letters, digits and hyphens',
  },
  authorizationRule: {
    what: 'the name of an authorization rule',
    minLength: 1,
    maxLength: 50,
    pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$',
    rule: '1 to 50 letters, digits, . - and _, with a letter or digit at both ends',
  },
} satisfies Record<string, NameRule>;

/** Why `name` breaks the rule, or `undefined`. */
export function whyNameIsRefused(rule: NameRule, name: string): string | undefined {
  if (name.length < rule.minLength)
    return name === '' ? 'it is empty' : `it has only ${name.length} character${name.length === 1 ? '' : 's'}`;
  if (name.length > rule.maxLength) return `it has ${name.length} characters`;
  if (!new RegExp(rule.pattern).test(name)) return `"${name}" does not fit`;
  return rule.isRefused?.(name);
}
