import type { MessageView } from '../api.ts';
import { foldForLike, LIKE_ON_NULL } from './choices.ts';
import { compare } from './comparison.ts';
import { type CompileScope, compileExpression, compileProperty, constantOf } from './compile-expression.ts';
import { CompileProblem } from './errors.ts';
import { compileLike, type LikeMatcher } from './like.ts';
import type { Predicate } from './syntax.ts';
import { fault, isFault, type SqlValue, type Truth, typeName } from './values.ts';

export type Test = (view: MessageView) => Truth;

/** Compiles a predicate to a closure of three-valued logic: true, false, unknown (`undefined`), or a fault. */
export function compilePredicate(predicate: Predicate, scope: CompileScope): Test {
  switch (predicate.kind) {
    case 'and': {
      const left = compilePredicate(predicate.left, scope);
      const right = compilePredicate(predicate.right, scope);
      return (view) => {
        const a = left(view);
        if (a === false || isFault(a)) return a;
        const b = right(view);
        return a === undefined && b === true ? undefined : b;
      };
    }
    case 'or': {
      const left = compilePredicate(predicate.left, scope);
      const right = compilePredicate(predicate.right, scope);
      return (view) => {
        const a = left(view);
        if (a === true || isFault(a)) return a;
        const b = right(view);
        return a === undefined && b === false ? undefined : b;
      };
    }
    case 'not':
      return negation(compilePredicate(predicate.operand, scope), true);
    case 'exists': {
      const { scope: where } = predicate.property;
      const read = compileProperty(predicate.property);
      return (view) => {
        const value = read(view);
        if (isFault(value)) return value;
        // A system property is always known; it exists when it is set.
        return value !== undefined && (where === 'user' || value.type !== 'null');
      };
    }
    case 'is-null': {
      const read = compileProperty(predicate.property);
      const { negated } = predicate;
      return (view) => {
        const value = read(view);
        if (isFault(value)) return value;
        return (value === undefined || value.type === 'null') !== negated;
      };
    }
    case 'comparison': {
      const left = compileExpression(predicate.left, scope);
      const right = compileExpression(predicate.right, scope);
      const { operator } = predicate;
      return (view) => {
        const a = left(view);
        if (isFault(a)) return a;
        const b = right(view);
        if (isFault(b)) return b;
        return a === undefined || b === undefined ? undefined : compare(operator, a, b);
      };
    }
    case 'in':
      return negation(compileIn(predicate, scope), predicate.negated);
    case 'like':
      return negation(compileLikeTest(predicate, scope), predicate.negated);
  }
}

function negation(test: Test, negated: boolean): Test {
  if (!negated) return test;
  return (view) => {
    const truth = test(view);
    return typeof truth === 'boolean' ? !truth : truth;
  };
}

/** An unknown left side makes it unknown; the list counts as an OR of equalities, from left to right. */
function compileIn(predicate: Extract<Predicate, { kind: 'in' }>, scope: CompileScope): Test {
  const left = compileExpression(predicate.left, scope);
  const list = predicate.list.map((entry) => compileExpression(entry, scope));
  return (view) => {
    const value = left(view);
    if (value === undefined || isFault(value)) return value;
    let truth: Truth = false;
    for (const entry of list) {
      const candidate = entry(view);
      if (isFault(candidate)) return candidate;
      const equal = candidate === undefined ? undefined : compare('=', value, candidate);
      if (equal === true || isFault(equal)) return equal;
      if (equal === undefined) truth = undefined;
    }
    return truth;
  };
}

function compileLikeTest(predicate: Extract<Predicate, { kind: 'like' }>, scope: CompileScope): Test {
  const left = compileExpression(predicate.left, scope);
  const pattern = compileExpression(predicate.pattern, scope);
  const escapedBy = predicate.escapedBy && compileExpression(predicate.escapedBy, scope);
  const fixedEscape = predicate.escapedBy && constantOf(predicate.escapedBy, scope);
  if (fixedEscape && (fixedEscape.type !== 'string' || fixedEscape.value.length !== 1))
    throw new CompileProblem(ESCAPE_LENGTH);
  // The pattern is nearly always a constant: the last one compiled is kept.
  let matcher: LikeMatcher | undefined;
  let matcherPattern: string | undefined;
  let matcherEscape: string | undefined;
  return (view) => {
    const values: SqlValue[] = [];
    for (const evaluate of escapedBy ? [left, pattern, escapedBy] : [left, pattern]) {
      const value = evaluate(view);
      if (value === undefined || isFault(value)) return value;
      values.push(value);
    }
    const [text, shape, mark] = values;
    const wrong = values.find((value) => value.type !== 'string');
    if (wrong?.type === 'null') return LIKE_ON_NULL;
    if (text?.type !== 'string' || shape?.type !== 'string' || (mark !== undefined && mark.type !== 'string'))
      return fault(`LIKE takes strings, not '${typeName(wrong!)}'.`);
    if (mark !== undefined && mark.value.length !== 1) return fault(ESCAPE_LENGTH);
    if (matcher === undefined || matcherPattern !== shape.value || matcherEscape !== mark?.value) {
      matcherPattern = shape.value;
      matcherEscape = mark?.value;
      matcher = compileLike(foldForLike(shape.value), matcherEscape);
    }
    return matcher(foldForLike(text.value));
  };
}

const ESCAPE_LENGTH = 'The escape of LIKE must be a string of one character.';
