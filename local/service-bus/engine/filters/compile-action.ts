import type { MessageChanges, MessageView, PropertyValue, SettableSystemProperty } from '../api.ts';
import { foldName, MOST_STATEMENTS, SET_FROM_UNKNOWN, SET_WITHOUT_CONVERSION, SYSTEM_NAME_ALIASES } from './choices.ts';
import { type CompileScope, compileExpression } from './compile-expression.ts';
import { convertTo } from './convert.ts';
import { CompileProblem } from './errors.ts';
import { findKey, fromSqlValue } from './properties.ts';
import type { PropertyReference, Statement } from './syntax.ts';
import { type Evaluated, type Fault, fault, isFault, type SqlValue, typeName } from './values.ts';

export type Action = (view: MessageView) => MessageChanges | Fault;

/** The type each has on a brokered message; `BrokeredMessage`'s setters, which are the ones a rule may use. */
const SETTABLE_TYPES: Readonly<Record<SettableSystemProperty, 'string' | 'boolean' | 'timestamp' | 'timespan'>> = {
  ContentType: 'string',
  CorrelationId: 'string',
  ForcePersistence: 'boolean',
  Label: 'string',
  MessageId: 'string',
  PartitionKey: 'string',
  ReplyTo: 'string',
  ReplyToSessionId: 'string',
  ScheduledEnqueueTimeUtc: 'timestamp',
  SessionId: 'string',
  TimeToLive: 'timespan',
  To: 'string',
  ViaPartitionKey: 'string',
};
const SETTABLE = new Map(
  Object.keys(SETTABLE_TYPES).map((name) => [foldName(name), name as SettableSystemProperty] as const),
);

/** The message as the statements so far have left it: later statements see earlier results. */
class Copy implements MessageView {
  readonly applicationProperties: Map<string, PropertyValue>;
  readonly systemChanges = new Map<SettableSystemProperty, PropertyValue>();
  readonly applicationChanges = new Map<string, PropertyValue | undefined>();
  private readonly original: MessageView;

  constructor(original: MessageView) {
    this.original = original;
    this.applicationProperties = new Map(original.applicationProperties);
  }

  system(name: string): PropertyValue | undefined {
    const settable = SETTABLE.get(foldName(name));
    return (settable && this.systemChanges.get(settable)) ?? this.original.system(name);
  }
}

/** One step on the copy; a fault ends the action. */
type Step = (copy: Copy) => Fault | undefined;

/** Compiles an action's statements: they run in order on a copy of the message, which goes to one subscription only. */
export function compileAction(statements: readonly Statement[], scope: CompileScope): Action {
  if (statements.length > MOST_STATEMENTS)
    throw new CompileProblem(
      `An action has at most ${MOST_STATEMENTS} expressions; this one has ${statements.length}.`,
    );
  const steps = statements.map((statement) => compileStatement(statement, scope));
  return (view) => {
    const copy = new Copy(view);
    for (const step of steps) {
      const failed = step(copy);
      if (failed) return failed;
    }
    return { system: copy.systemChanges, application: copy.applicationChanges };
  };
}

function compileStatement(statement: Statement, scope: CompileScope): Step {
  const assign =
    statement.target.scope === 'sys' ? systemAssignment(statement.target) : userAssignment(statement.target);
  if (statement.kind === 'remove') return (copy) => assign(copy, undefined);
  const evaluate = compileExpression(statement.value, scope);
  return (copy) => {
    const value: Evaluated = evaluate(copy);
    if (isFault(value)) return value;
    if (value === undefined) return SET_FROM_UNKNOWN === 'remove' ? assign(copy, undefined) : undefined;
    return assign(copy, value);
  };
}

/** `undefined` removes. */
type Assignment = (copy: Copy, value: SqlValue | undefined) => Fault | undefined;

function systemAssignment({ name }: PropertyReference): Assignment {
  const folded = foldName(name);
  const property = SETTABLE.get(SYSTEM_NAME_ALIASES.get(folded) ?? folded);
  const refused = fault(`The system property 'sys.${name}' does not exist or is read-only.`);
  return (copy, value) => {
    if (property === undefined) return refused;
    const type = SETTABLE_TYPES[property];
    const converted: PropertyValue | undefined = value ? convertTo(type, value) : { type: 'null' };
    if (converted === undefined)
      return fault(`'sys.${property}' is of type ${type}; a value of type ${typeName(value!)} does not convert to it.`);
    copy.systemChanges.set(property, converted);
    return undefined;
  };
}

function userAssignment({ name }: PropertyReference): Assignment {
  const folded = foldName(name);
  return (copy, value) => {
    const key = findKey(copy.applicationProperties, name, folded);
    if (value === undefined) {
      if (key === undefined) return undefined;
      copy.applicationProperties.delete(key);
      copy.applicationChanges.set(key, undefined);
      return undefined;
    }
    const existing = key === undefined ? undefined : copy.applicationProperties.get(key)!;
    const converted = existing ? convertTo(existing.type, value) : fromSqlValue(value);
    if (!converted && SET_WITHOUT_CONVERSION === 'fault')
      return fault(
        `'${name}' is of type ${existing?.type}; a value of type ${typeName(value)} does not convert to it.`,
      );
    const stored = converted ?? fromSqlValue(value);
    copy.applicationProperties.set(key ?? name, stored);
    copy.applicationChanges.set(key ?? name, stored);
    return undefined;
  };
}
