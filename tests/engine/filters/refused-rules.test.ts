import { describe, expect, it } from 'vitest';
import { refusal, sql } from './message.ts';

const problem = (line: number, column: number, token: string, detail: string) =>
  'There was an error parsing the SQL expression.\n' +
  `[Token line=${line}, column=${column}, Token in error= ${token}, Additional details= ${detail}]`;

describe('a rule that is refused', () => {
  it('says what the service says about an action that is none', () => {
    const rule = { ...sql('1=1'), action: { sqlExpression: 'EventType' } };

    expect(refusal(rule)).toBe(
      problem(1, 0, 'EventType', 'syntax error, unexpected IDENTIFIER, expecting SET, or REMOVE'),
    );
  });

  it('counts lines from one and columns from zero', () => {
    expect(refusal(sql("a = 1\n  AND b == 'x'"))).toBe(
      problem(2, 9, '=', "syntax error, unexpected '=', expecting IDENTIFIER, STRING, INTEGER, DECIMAL, or '('"),
    );
  });

  it('names a character that is no token', () => {
    expect(refusal(sql('a = #'))).toBe(problem(1, 4, '#', "Unrecognized character. '#'"));
  });

  it.each([
    ['TRUE'],
    [''],
    ['a = 1 b'],
    ["a = 'open"],
    ['[open = 1'],
    ['[] = 1'],
    ['_a = 1'],
    ['1a = 1'],
    ['a.b = 1'],
    ['a.b.c = 1'],
    ['p = 1'],
    ['set = 1'],
    ['a BETWEEN 1 AND 2'],
    ["a = N'x'"],
    ['a = 0x1F'],
    ["a || 'x' = 'y'"],
    ["UPPER(a) = 'X'"],
    ['a IN ()'],
    ['a NOT = 1'],
    ['(a = 1'],
    ['(a = 1) + 2 = 3'],
    ['1 + (a = 1) = 3'],
    ['NOT'],
    ['a = 9223372036854775808'],
    ['a = 99999999999999999999'],
    ['EXISTS(1)'],
    ['1 IS NULL'],
    ['(a) IS NULL'],
    ["a LIKE 'x' ESCAPE 'no'"],
    ['a = 1 /* comment */'],
    [`a = '${'x'.repeat(1024)}'`],
    [`${'('.repeat(400)}a = 1${')'.repeat(400)}`],
  ])('refuses %s', (expression) => {
    expect(refusal(sql(expression))).not.toBe('');
  });

  it('refuses more than 32 expressions in an action, and an action on what is no property', () => {
    const action = (sqlExpression: string) => refusal({ ...sql('1=1'), action: { sqlExpression } });

    expect(action('SET a = 1;'.repeat(33))).toContain('at most 32');
    expect(action('SET sys = ')).toContain('unexpected $end');
    expect(action('REMOVE 1')).toContain('unexpected INTEGER, expecting IDENTIFIER');
    expect(action("SET p('a') = 1")).toContain('expecting IDENTIFIER');
  });

  it('refuses a name of more than 50 characters', () => {
    expect(refusal({ ...sql('1=1'), name: 'n'.repeat(51) })).toContain('1 to 50');
  });
});
