import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PropertyValue } from '../../../local/service-bus/engine/api.ts';
import { compileExpression } from '../../../local/service-bus/engine/filters/compile-expression.ts';
import { compilePredicate } from '../../../local/service-bus/engine/filters/compile-predicate.ts';
import { compileRule } from '../../../local/service-bus/engine/filters/index.ts';
import { compileLike } from '../../../local/service-bus/engine/filters/like.ts';
import { parsePredicate } from '../../../local/service-bus/engine/filters/parser.ts';
import type { Expression, Predicate, PropertyReference } from '../../../local/service-bus/engine/filters/syntax.ts';
import { booleanValue, isFault, NULL, type Truth } from '../../../local/service-bus/engine/filters/values.ts';
import { message, NEW_ID, sql } from './message.ts';
import { printPredicate } from './print-expression.ts';

const NAMES = ['a', 'b', 'B', 'größe', 'my-x', 'p', 'set', 'a]b', 'sys'];
const property: fc.Arbitrary<PropertyReference> = fc.oneof(
  fc.record({
    kind: fc.constant('property' as const),
    scope: fc.constant('user' as const),
    name: fc.constantFrom(...NAMES),
  }),
  fc.record({
    kind: fc.constant('property' as const),
    scope: fc.constant('sys' as const),
    name: fc.constantFrom('Label', 'messageid', 'Size', 'Nope'),
  }),
);
const literal: fc.Arbitrary<Expression> = fc
  .oneof(
    fc.constant(NULL),
    fc.boolean().map(booleanValue),
    fc.string({ maxLength: 4 }).map((value) => ({ type: 'string', value }) as const),
    fc.bigInt(0n, 2n ** 63n - 1n).map((value) => ({ type: 'long', value, isConstant: true }) as const),
    fc.constantFrom(0, 1, 2, 3).map((value) => ({ type: 'long', value: BigInt(value), isConstant: true }) as const),
    fc
      .double({ min: 0, max: 1e20, noNaN: true })
      .filter((value) => value.toExponential().includes('.'))
      .map((value) => ({ type: 'double', value: Number(value.toExponential()) }) as const),
  )
  .map((value) => ({ kind: 'literal', value }));

const { expression, predicate } = fc.letrec<{ expression: Expression; predicate: Predicate }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'sql' },
    literal,
    property,
    fc.constant({ kind: 'newid' } as const),
    fc.record({ kind: fc.constant('property-of' as const), name: tie('expression') }),
    fc.record({
      kind: fc.constant('sign' as const),
      operator: fc.constantFrom('+' as const, '-' as const),
      operand: tie('expression'),
    }),
    fc.record({
      kind: fc.constant('arithmetic' as const),
      operator: fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const, '%' as const),
      left: tie('expression'),
      right: tie('expression'),
    }),
  ),
  predicate: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'sql' },
    fc.record({
      kind: fc.constant('comparison' as const),
      operator: fc.constantFrom('=' as const, '<>' as const, '<' as const, '<=' as const, '>' as const, '>=' as const),
      left: tie('expression'),
      right: tie('expression'),
    }),
    fc.record({ kind: fc.constant('exists' as const), property }),
    fc.record({ kind: fc.constant('is-null' as const), property, negated: fc.boolean() }),
    fc.record({
      kind: fc.constant('in' as const),
      left: tie('expression'),
      list: fc.array(tie('expression'), { minLength: 1, maxLength: 3 }),
      negated: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('like' as const),
      left: tie('expression'),
      pattern: tie('expression'),
      escapedBy: fc.option(literal, { nil: undefined }),
      negated: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('not' as const), operand: tie('predicate') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      left: tie('predicate'),
      right: tie('predicate'),
    }),
  ),
}));

const value: fc.Arbitrary<PropertyValue> = fc.oneof(
  fc.constant({ type: 'null' } as const),
  fc.string({ maxLength: 5 }).map((text) => ({ type: 'string', value: text }) as const),
  fc.boolean().map((flag) => ({ type: 'boolean', value: flag }) as const),
  fc.integer().map((number) => ({ type: 'int', value: number }) as const),
  fc.integer({ min: -128, max: 127 }).map((number) => ({ type: 'byte', value: number }) as const),
  fc.nat().map((number) => ({ type: 'uint', value: number }) as const),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((number) => ({ type: 'long', value: number }) as const),
  fc.bigInt(0n, 2n ** 64n - 1n).map((number) => ({ type: 'ulong', value: number }) as const),
  fc.double().map((number) => ({ type: 'double', value: number }) as const),
  fc.float().map((number) => ({ type: 'float', value: number }) as const),
  fc.constantFrom('1', '-12.50', '1E+3', 'NaN').map((text) => ({ type: 'decimal', value: text }) as const),
  fc.constant({ type: 'char', value: 'x' } as const),
  fc.uuid().map((id) => ({ type: 'uuid', value: id }) as const),
  fc.nat().map((at) => ({ type: 'timestamp', value: at }) as const),
  fc.bigInt(0n, 10n ** 12n).map((ticks) => ({ type: 'timespan', ticks }) as const),
  fc.constant({ type: 'binary', value: new Uint8Array(2) } as const),
);
const view = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...NAMES, 'A', 'c'), value),
    fc.record({ Label: value, MessageId: value }, { requiredKeys: [] }),
  )
  .map(([user, system]) => message(user, system));

const scope = { parameters: {}, newId: () => NEW_ID };

/** Compiles, or `undefined` where an escape of the wrong length was generated: that is refused, and rightly. */
function compiledTest(node: Predicate) {
  try {
    return compilePredicate(node, scope);
  } catch (error) {
    if (String(error).includes('The escape of LIKE')) return undefined;
    throw error;
  }
}
const word = (truth: Truth) => (isFault(truth) ? 'fault' : String(truth));

describe('the SQL filter, whatever the expression and the message are', () => {
  it('parses back what is printed', () => {
    fc.assert(
      fc.property(predicate, (node) => {
        expect(parsePredicate(printPredicate(node))).toEqual(node);
      }),
      { numRuns: 300 },
    );
  });

  it('never throws when it evaluates', () => {
    fc.assert(
      fc.property(predicate, view, (node, seen) => {
        expect(['true', 'false', 'undefined', 'fault', 'none']).toContain(word(compiledTest(node)?.(seen)));
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws when it evaluates an action', () => {
    fc.assert(
      fc.property(expression, fc.constantFrom(...NAMES), view, (node, name, seen) => {
        const evaluated = compileExpression(node, scope)(seen);
        expect(evaluated === undefined || typeof evaluated.type === 'string').toBe(true);
        const target = `[${name.replaceAll(']', ']]')}]`;
        const rule = compileRule({ ...sql('1=1'), action: { sqlExpression: `SET ${target} = [b]; REMOVE [b]` } });
        expect(rule.ok && rule.rule.applyAction(seen)).toHaveProperty('changes');
      }),
      { numRuns: 500 },
    );
  });

  it('refuses any other text with an answer and not an exception', () => {
    const piece = fc.constantFrom(
      ..."a b ' [ ] ( ) , . ; = < > + - * / % @p 1 2.5 AND OR NOT IN LIKE IS NULL SET p sys".split(' '),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 2 })), { maxLength: 12 }), (pieces) => {
        const result = compileRule(sql(pieces.join(' ')));
        expect(result.ok || result.error.length > 0).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps the laws of three-valued logic', () => {
    const evaluate = (kind: 'and' | 'or', left: Predicate, right: Predicate, seen: ReturnType<typeof message>) =>
      word(compilePredicate({ kind, left, right }, scope)(seen));
    const not = (operand: Predicate): Predicate => ({ kind: 'not', operand });
    fc.assert(
      fc.property(predicate, predicate, view, (left, right, seen) => {
        const [a, b] = [compiledTest(left)?.(seen), compiledTest(right)?.(seen)];
        fc.pre(compiledTest(left) !== undefined && compiledTest(right) !== undefined && !isFault(a) && !isFault(b));
        // Commutative, De Morgan, double negation, and the documented tables.
        expect(evaluate('and', left, right, seen)).toBe(evaluate('and', right, left, seen));
        expect(evaluate('or', left, right, seen)).toBe(evaluate('or', right, left, seen));
        expect(word(compilePredicate(not(not(left)), scope)(seen))).toBe(word(a));
        expect(word(compilePredicate(not({ kind: 'and', left, right }), scope)(seen))).toBe(
          evaluate('or', not(left), not(right), seen),
        );
        const expectedAnd = a === false || b === false ? 'false' : a && b ? 'true' : 'undefined';
        expect(evaluate('and', left, right, seen)).toBe(expectedAnd);
      }),
      { numRuns: 500 },
    );
  });
});

describe('LIKE', () => {
  /** The definition, by recursion: no cleverness, exponential at worst. */
  function reference(pattern: string, text: string): boolean {
    if (pattern === '') return text === '';
    if (pattern[0] === '%')
      return reference(pattern.slice(1), text) || (text !== '' && reference(pattern, text.slice(1)));
    return text !== '' && (pattern[0] === '_' || pattern[0] === text[0]) && reference(pattern.slice(1), text.slice(1));
  }
  const letters = (set: string, maxLength: number) =>
    fc.array(fc.constantFrom(...set), { maxLength }).map((found) => found.join(''));

  it('is what its definition says', () => {
    fc.assert(
      fc.property(letters('ab%_', 7), letters('ab', 8), (pattern, text) => {
        expect(compileLike(pattern, undefined)(text)).toBe(reference(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes every text for itself when all of it is escaped', () => {
    fc.assert(
      fc.property(letters('ab%_\\', 8), letters('ab%_\\', 8), (text, other) => {
        const escaped = [...text].map((character) => `\\${character}`).join('');
        expect(compileLike(escaped, '\\')(text)).toBe(true);
        expect(compileLike(escaped, '\\')(other)).toBe(text === other);
      }),
    );
  });

  it('answers at once where a naive matcher would not end', () => {
    expect(compileLike(`${'%a'.repeat(200)}b`, undefined)('a'.repeat(1000))).toBe(false);
  });
});
