import type { FilterValue, MessageView } from '../api.ts';
import { calculate, negate, plus } from './arithmetic.ts';
import { foldName } from './choices.ts';
import { CompileProblem } from './errors.ts';
import { fromFilterValue } from './filter-value.ts';
import { systemReader, userProperty } from './properties.ts';
import type { Expression, PropertyReference } from './syntax.ts';
import { type Evaluated, fault, INT64_MAX, INT64_MIN, isFault, type SqlValue } from './values.ts';

/** The key of a SQL parameter carries its `@`. */
export type FilterParameters = Readonly<Record<string, FilterValue>>;

/** What a rule needs from outside: its parameters, and where new identifiers come from. */
export interface CompileScope {
  readonly parameters: FilterParameters;
  /** A UUID. Absent where none can be made: then `newid()` is refused. */
  readonly newId: (() => string) | undefined;
}

export type Evaluator = (view: MessageView) => Evaluated;

/** Compiles once; the closure that comes out does no look-up by name that could be done here. */
export function compileExpression(expression: Expression, scope: CompileScope): Evaluator {
  switch (expression.kind) {
    case 'literal':
      return constant(expression.value);
    case 'property':
      return compileProperty(expression);
    case 'parameter':
      return constant(parameterValue(expression.name, scope.parameters));
    case 'property-of': {
      const name = compileExpression(expression.name, scope);
      return (view) => {
        const found = name(view);
        if (found === undefined || isFault(found)) return found;
        if (found.type !== 'string') return fault('The argument of property() must be a string.');
        return userProperty(view.applicationProperties, found.value, foldName(found.value));
      };
    }
    case 'newid': {
      const { newId } = scope;
      if (!newId) throw new CompileProblem('newid() is not available here.');
      return () => ({ type: 'guid', value: newId().toLowerCase() });
    }
    case 'sign': {
      const operand = compileExpression(expression.operand, scope);
      const apply = expression.operator === '-' ? negate : plus;
      return (view) => {
        const value = operand(view);
        return value === undefined || isFault(value) ? value : apply(value);
      };
    }
    case 'arithmetic': {
      const left = compileExpression(expression.left, scope);
      const right = compileExpression(expression.right, scope);
      const { operator } = expression;
      return (view) => {
        const a = left(view);
        if (isFault(a)) return a;
        const b = right(view);
        if (isFault(b) || b === undefined) return b;
        return a === undefined ? undefined : calculate(operator, a, b);
      };
    }
  }
}

export function compileProperty({ scope, name }: PropertyReference): Evaluator {
  if (scope === 'sys') return systemReader(name);
  const folded = foldName(name);
  return (view) => userProperty(view.applicationProperties, name, folded);
}

/** The value that an expression has whatever the message is, or `undefined` if it depends on the message. */
export function constantOf(expression: Expression, scope: CompileScope): SqlValue | undefined {
  if (expression.kind === 'literal') return expression.value;
  return expression.kind === 'parameter' ? parameterValue(expression.name, scope.parameters) : undefined;
}

function constant(value: SqlValue): Evaluator {
  return () => value;
}

function parameterValue(name: string, parameters: FilterParameters): SqlValue {
  const value = parameters[name];
  if (value === undefined)
    throw new CompileProblem(`The parameter '${name}' is used in the expression but has no value.`);
  const known = fromFilterValue(value);
  if (known.type === 'long' && (known.value > INT64_MAX || known.value < INT64_MIN))
    throw new CompileProblem(`The parameter '${name}' is out of range.`);
  return known;
}
