import { SyntaxProblem } from './errors.ts';
import { INT64_MAX } from './values.ts';

export type TokenKind =
  | 'identifier'
  | 'quoted-identifier'
  | 'parameter'
  | 'integer'
  | 'decimal'
  | 'string'
  | 'keyword'
  | 'symbol'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; for a keyword in capitals. */
  readonly text: string;
  /** What it stands for: a name without its brackets, a string without its quotes. */
  readonly value: string;
  /** From 1. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

const KEYWORDS: ReadonlySet<string> = new Set(
  'AND OR NOT EXISTS IS NULL IN LIKE ESCAPE TRUE FALSE SET REMOVE'.split(' '),
);
const SYMBOLS = ['<>', '!=', '>=', '<=', '=', '<', '>', '+', '-', '*', '/', '%', '(', ')', ',', '.', ';'];
const LETTER = /\p{L}/u;
const NAME = /\p{L}[\p{L}\p{Nd}_]*/uy;
// decimal_constant and approximate_number_constant of the grammar; digits stand on both sides of the point.
const NUMBER = /\d+(\.\d+)?([eE][+-]?\d+)?/y;
const BLANK = /\s+/y;

/** Splits an expression; the last token is always `end`. Throws {@link SyntaxProblem}. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let line = 1;
  let lineStart = 0;

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    return pattern.exec(source)?.[0];
  };
  const push = (kind: TokenKind, text: string, value: string, length = text.length): void => {
    tokens.push({ kind, text, value, line, column: offset - lineStart });
    for (let at = offset; at < offset + length; at += 1) {
      if (source[at] !== '\n') continue;
      line += 1;
      lineStart = at + 1;
    }
    offset += length;
  };
  /** `'it''s'`, `[a]]b]`, `"a""b"`: the closing character doubled stands for itself. */
  const enclosed = (close: string): { value: string; length: number } => {
    let value = '';
    for (let at = offset + 1; at < source.length; at += 1) {
      if (source[at] !== close) value += source[at];
      else if (source[at + 1] === close) {
        value += close;
        at += 1;
      } else return { value, length: at + 1 - offset };
    }
    const token = { line, column: offset - lineStart, text: source.slice(offset) };
    throw new SyntaxProblem(token, `syntax error, unexpected $end, expecting ${close}`);
  };

  while (offset < source.length) {
    const blank = take(BLANK);
    if (blank !== undefined) {
      push('symbol', '', '', blank.length);
      tokens.pop();
      continue;
    }
    const character = String.fromCodePoint(source.codePointAt(offset)!);
    const number = take(NUMBER);
    if (character === "'") {
      const { value, length } = enclosed("'");
      push('string', source.slice(offset, offset + length), value);
    } else if (character === '[' || character === '"') {
      const { value, length } = enclosed(character === '[' ? ']' : '"');
      if (value === '') throw new SyntaxProblem({ line, column: offset - lineStart, text: '[]' }, 'Empty identifier.');
      push('quoted-identifier', source.slice(offset, offset + length), value);
    } else if (character === '@') {
      offset += 1;
      const name = take(NAME);
      offset -= 1;
      if (name === undefined)
        throw new SyntaxProblem({ line, column: offset - lineStart, text: '@' }, "Unrecognized character. '@'");
      push('parameter', `@${name}`, `@${name}`);
    } else if (LETTER.test(character)) {
      const name = take(NAME)!;
      const upper = name.toUpperCase();
      if (KEYWORDS.has(upper)) push('keyword', name, upper);
      else push('identifier', name, name);
    } else if (number !== undefined) {
      const isInteger = /^\d+$/.test(number);
      // One above the largest is let through for the parser, which knows whether a minus sign stands before it.
      if (isInteger && BigInt(number) > INT64_MAX + 1n)
        throw new SyntaxProblem(
          { line, column: offset - lineStart, text: number },
          `The integer '${number}' is out of range.`,
        );
      push(isInteger ? 'integer' : 'decimal', number, number);
    } else {
      const symbol = SYMBOLS.find((candidate) => source.startsWith(candidate, offset));
      if (symbol === undefined)
        throw new SyntaxProblem(
          { line, column: offset - lineStart, text: character },
          `Unrecognized character. '${character}'`,
        );
      push('symbol', symbol, symbol);
    }
  }
  push('end', '', '');
  return tokens;
}

/** How an error names a token. */
export function tokenName(token: Token): string {
  switch (token.kind) {
    case 'identifier':
    case 'quoted-identifier':
      return 'IDENTIFIER';
    case 'parameter':
      return 'PARAMETER';
    case 'integer':
      return 'INTEGER';
    case 'decimal':
      return 'DECIMAL';
    case 'string':
      return 'STRING';
    case 'keyword':
      return token.value;
    case 'symbol':
      return `'${token.text}'`;
    case 'end':
      return '$end';
  }
}
