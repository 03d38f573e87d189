import { SyntaxProblem } from './errors.ts';
import { type Token, tokenize, tokenName } from './lexer.ts';
import {
  type ArithmeticOperator,
  type ComparisonOperator,
  type Expression,
  isPredicate,
  type Predicate,
  type PropertyReference,
  type Statement,
} from './syntax.ts';
import { booleanValue, INT64_MAX, INT64_MIN, NULL, type SqlValue } from './values.ts';

const COMPARISONS: ReadonlyMap<string, ComparisonOperator> = new Map([
  ['=', '='],
  ['<>', '<>'],
  ['!=', '<>'],
  ['>', '>'],
  ['>=', '>='],
  ['<', '<'],
  ['<=', '<='],
]);
/** Keeps the call stack small whatever 1,024 characters hold. */
const DEEPEST_NESTING = 128;
const TEST_OPERATORS = "'=', '<>', '!=', '>', '>=', '<', '<=', IN, LIKE, or NOT";

/** Parses a filter's expression. Throws `SyntaxProblem`. */
export function parsePredicate(source: string): Predicate {
  const parser = new Parser(tokenize(source));
  const predicate = parser.predicate();
  parser.expectEnd('AND, or OR');
  return predicate;
}

/** Parses a rule's action. Throws `SyntaxProblem`. */
export function parseAction(source: string): readonly Statement[] {
  return new Parser(tokenize(source)).statements();
}

/**
 * Recursive descent with one token of look-ahead. A parenthesis may open a predicate or an expression and only what
 * follows tells which: {@link or} and those below it take `orValue` and then hand an expression back to the parenthesis
 * that closes right after it. So nothing is parsed twice, however deep the parentheses are.
 */
class Parser {
  private readonly tokens: readonly Token[];
  private index = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  predicate(): Predicate {
    return this.or(false) as Predicate;
  }

  statements(): readonly Statement[] {
    const statements: Statement[] = [];
    do {
      statements.push(this.statement());
      this.takeSymbol(';');
    } while (this.current.kind !== 'end');
    return statements;
  }

  expectEnd(expected: string): void {
    if (this.current.kind !== 'end') throw this.unexpected(expected);
  }

  private statement(): Statement {
    if (this.takeKeyword('SET')) {
      const target = this.property();
      this.expectSymbol('=');
      return { kind: 'set', target, value: this.value() };
    }
    if (this.takeKeyword('REMOVE')) return { kind: 'remove', target: this.property() };
    throw this.unexpected('SET, or REMOVE');
  }

  private or(orValue: boolean): Predicate | Expression {
    let left = this.and(orValue);
    while (isPredicate(left) && this.takeKeyword('OR'))
      left = { kind: 'or', left, right: this.and(false) as Predicate };
    return left;
  }

  private and(orValue: boolean): Predicate | Expression {
    let left = this.not(orValue);
    while (isPredicate(left) && this.takeKeyword('AND'))
      left = { kind: 'and', left, right: this.not(false) as Predicate };
    return left;
  }

  private not(orValue: boolean): Predicate | Expression {
    if (this.takeKeyword('NOT')) return { kind: 'not', operand: this.not(false) as Predicate };
    return this.test(orValue);
  }

  private test(orValue: boolean): Predicate | Expression {
    if (this.takeKeyword('EXISTS')) {
      this.expectSymbol('(');
      const property = this.property();
      this.expectSymbol(')');
      return { kind: 'exists', property };
    }
    const left = this.sum(true);
    if (isPredicate(left)) return left;
    const operator = this.current.kind === 'symbol' ? COMPARISONS.get(this.current.text) : undefined;
    if (operator !== undefined) {
      this.index += 1;
      return { kind: 'comparison', operator, left, right: this.value() };
    }
    const isNameAlone = left.kind === 'property' && this.tokens[this.index - 1]?.text !== ')';
    if (isNameAlone && this.takeKeyword('IS')) {
      const negated = this.takeKeyword('NOT');
      if (!this.takeKeyword('NULL')) throw this.unexpected(negated ? 'NULL' : 'NULL, or NOT');
      return { kind: 'is-null', property: left, negated };
    }
    if (orValue && this.current.kind === 'symbol' && this.current.text === ')') return left;
    const negated = this.takeKeyword('NOT');
    if (this.takeKeyword('IN')) return { kind: 'in', left, list: this.list(), negated };
    if (this.takeKeyword('LIKE')) {
      const pattern = this.value();
      const escapedBy = this.takeKeyword('ESCAPE') ? this.value() : undefined;
      return { kind: 'like', left, pattern, escapedBy, negated };
    }
    throw this.unexpected(negated ? 'IN, or LIKE' : TEST_OPERATORS);
  }

  private list(): readonly Expression[] {
    this.expectSymbol('(');
    const list = [this.value()];
    while (this.takeSymbol(',')) list.push(this.value());
    this.expectSymbol(')');
    return list;
  }

  private value(): Expression {
    return this.sum(false) as Expression;
  }

  private sum(orPredicate: boolean): Predicate | Expression {
    let left = this.product(orPredicate);
    for (;;) {
      if (isPredicate(left)) return left;
      const operator = this.takeOneOf('+', '-');
      if (operator === undefined) return left;
      left = { kind: 'arithmetic', operator, left, right: this.product(false) as Expression };
    }
  }

  private product(orPredicate: boolean): Predicate | Expression {
    let left = this.unary(orPredicate);
    for (;;) {
      if (isPredicate(left)) return left;
      const operator = this.takeOneOf('*', '/', '%');
      if (operator === undefined) return left;
      left = { kind: 'arithmetic', operator, left, right: this.unary(false) as Expression };
    }
  }

  private unary(orPredicate: boolean): Predicate | Expression {
    const operator = this.takeOneOf('+', '-');
    if (operator === undefined) return this.atom(orPredicate);
    // As in C#, -9223372036854775808 is the one place where 2^63 may be written.
    if (operator === '-' && this.current.kind === 'integer' && BigInt(this.current.value) === INT64_MAX + 1n) {
      this.index += 1;
      return { kind: 'literal', value: { type: 'long', value: INT64_MIN, isConstant: true } };
    }
    return { kind: 'sign', operator: operator as '+' | '-', operand: this.unary(false) as Expression };
  }

  private atom(orPredicate: boolean): Predicate | Expression {
    const token = this.current;
    if (this.takeSymbol('(')) {
      this.depth += 1;
      if (this.depth > DEEPEST_NESTING) throw new SyntaxProblem(token, 'The expression is nested too deeply.');
      const inner = orPredicate ? this.or(true) : this.value();
      this.expectSymbol(')');
      this.depth -= 1;
      return inner;
    }
    const constant = literalOf(token);
    if (constant) {
      this.index += 1;
      return { kind: 'literal', value: constant };
    }
    if (token.kind === 'parameter') {
      this.index += 1;
      return { kind: 'parameter', name: token.value };
    }
    if (token.kind === 'identifier') {
      const name = token.value.toLowerCase();
      if (name === 'newid') {
        this.index += 1;
        this.expectSymbol('(');
        this.expectSymbol(')');
        return { kind: 'newid' };
      }
      if (name === 'property' || name === 'p') {
        this.index += 1;
        this.expectSymbol('(');
        const argument = this.value();
        this.expectSymbol(')');
        return { kind: 'property-of', name: argument };
      }
    }
    if (token.kind === 'identifier' || token.kind === 'quoted-identifier') return this.property();
    throw this.unexpected("IDENTIFIER, STRING, INTEGER, DECIMAL, or '('");
  }

  private property(): PropertyReference {
    const first = this.name();
    if (!this.takeSymbol('.')) return { kind: 'property', scope: 'user', name: first.value };
    const scope = first.kind === 'identifier' ? first.value.toLowerCase() : '';
    if (scope !== 'sys' && scope !== 'user')
      throw new SyntaxProblem(first, `The scope '${first.value}' is not known; it is 'sys' or 'user'.`);
    return { kind: 'property', scope, name: this.name().value };
  }

  private name(): Token {
    const token = this.current;
    const isFunction = token.kind === 'identifier' && /^(newid|property|p)$/i.test(token.value);
    if ((token.kind !== 'identifier' && token.kind !== 'quoted-identifier') || isFunction)
      throw this.unexpected('IDENTIFIER');
    this.index += 1;
    return token;
  }

  private get current(): Token {
    return this.tokens[this.index]!;
  }

  private takeKeyword(keyword: string): boolean {
    const found = this.current.kind === 'keyword' && this.current.value === keyword;
    if (found) this.index += 1;
    return found;
  }

  private takeSymbol(symbol: string): boolean {
    const found = this.current.kind === 'symbol' && this.current.text === symbol;
    if (found) this.index += 1;
    return found;
  }

  private takeOneOf(...operators: readonly ArithmeticOperator[]): ArithmeticOperator | undefined {
    return operators.find((operator) => this.takeSymbol(operator));
  }

  private expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.unexpected(`'${symbol}'`);
  }

  private unexpected(expected: string): SyntaxProblem {
    return new SyntaxProblem(
      this.current,
      `syntax error, unexpected ${tokenName(this.current)}, expecting ${expected}`,
    );
  }
}

function literalOf(token: Token): SqlValue | undefined {
  if (token.kind === 'string') return { type: 'string', value: token.value };
  if (token.kind === 'decimal') return { type: 'double', value: Number(token.value) };
  if (token.kind === 'integer') {
    const value = BigInt(token.value);
    if (value > INT64_MAX) throw new SyntaxProblem(token, `The integer '${token.text}' is out of range.`);
    return { type: 'long', value, isConstant: true };
  }
  if (token.kind !== 'keyword') return undefined;
  if (token.value === 'NULL') return NULL;
  if (token.value === 'TRUE' || token.value === 'FALSE') return booleanValue(token.value === 'TRUE');
  return undefined;
}
