import type { Token } from './lexer.ts';

/** Thrown by lexer and parser, caught by {@link attempt}; it never leaves this folder. */
export class SyntaxProblem extends Error {
  readonly token: Pick<Token, 'line' | 'column' | 'text'>;
  readonly detail: string;

  constructor(token: Pick<Token, 'line' | 'column' | 'text'>, detail: string) {
    super(detail);
    this.token = token;
    this.detail = detail;
  }
}

/** Thrown while a rule is compiled: a missing parameter, an escape of two characters. It never leaves this folder. */
export class CompileProblem extends Error {}

/**
 * The service's text, as Azure/bicep issue 6557 shows it: line counts from 1, column from 0.
 *
 * @example
 * There was an error parsing the SQL expression.
 * [Token line=1, column=0, Token in error= EventType, Additional details= syntax error, unexpected IDENTIFIER, expecting SET, or REMOVE]
 */
function describe(problem: SyntaxProblem): string {
  const { line, column, text } = problem.token;
  return (
    'There was an error parsing the SQL expression.\n' +
    `[Token line=${line}, column=${column}, Token in error= ${text}, Additional details= ${problem.detail}]`
  );
}

/**
 * Runs a parse or a compile step; a problem of the expression becomes a value, a bug stays an exception. The error is the
 * service's text, without the tracking line that the protocol appends.
 */
export function attempt<T>(step: () => T): { ok: true; value: T } | { ok: false; error: string } {
  try {
    return { ok: true, value: step() };
  } catch (thrown) {
    if (thrown instanceof SyntaxProblem) return { ok: false, error: describe(thrown) };
    if (thrown instanceof CompileProblem) return { ok: false, error: thrown.message };
    throw thrown;
  }
}
