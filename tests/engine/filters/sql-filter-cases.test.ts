import { describe, expect, it } from 'vitest';
import type { PropertyValue } from '../../../local/service-bus/engine/api.ts';
import { bool, decimal, double, int, long, message, none, refusal, sql, text, truth, uint, ulong } from './message.ts';

type Properties = Record<string, PropertyValue>;

/** The forty cases of the contract: expression, user properties, result (S: refused). */
const CASES: readonly (readonly [string, Properties, 'T' | 'F' | 'U' | 'E' | 'S', Properties?])[] = [
  ["Color = 'blue'", { color: text('blue') }, 'T'],
  ["color = 'blue'", { color: text('Blue') }, 'F'],
  ["color = 'blue'", {}, 'U'],
  ["color <> 'blue'", {}, 'U'],
  ["NOT color = 'blue'", {}, 'U'],
  ["color <> 'x' OR 1=1", {}, 'T'],
  ["color = 'x' AND 1=0", {}, 'F'],
  ['color IS NULL', {}, 'T'],
  ['color IS NULL', { color: none }, 'T'],
  ['EXISTS(color)', { color: none }, 'T'],
  ['EXISTS(color)', {}, 'F'],
  ["color <> 'x'", { color: none }, 'T'],
  ["c IN ('a','b')", { c: text('b') }, 'T'],
  ["c NOT IN ('a')", {}, 'U'],
  ["c NOT IN ('a')", { c: text('A') }, 'T'],
  ['q = 10', { q: int(10) }, 'T'],
  ['q = 10', { q: text('10') }, 'E'],
  ["q = '10'", { q: int(10) }, 'E'],
  ['q > 2.08', { q: int(3) }, 'T'],
  ['q / 2 = 2', { q: int(5) }, 'T'],
  ['q / 2.0 = 2.5', { q: int(5) }, 'T'],
  ['q / 0 = 1', { q: int(5) }, 'E'],
  ['q / 0.0 > 1', { q: int(5) }, 'T'],
  ['q % 3 = -1', { q: int(-7) }, 'T'],
  ['q + 1 > 0', { q: long(2n ** 63n - 1n) }, 'F'],
  ['-q = -5', { q: uint(5) }, 'T'],
  ['q + r = 3', { q: int(1) }, 'U'],
  ['m = 2.5', { m: decimal('2.5') }, 'E'],
  ['flag = TRUE', { flag: bool(true) }, 'T'],
  ['flag', { flag: bool(true) }, 'S'],
  ["s LIKE 'a_c%'", { s: text('abcd') }, 'T'],
  ["s LIKE 'b'", { s: text('abc') }, 'F'],
  ["s LIKE '10\\%' ESCAPE '\\'", { s: text('10x') }, 'F'],
  ["s = 'it''s'", { s: text("it's") }, 'T'],
  ['s = "x"', { s: text('x') }, 'U'],
  ['[my-x] = 1', { 'my-x': int(1) }, 'T'],
  ['my-x = 1', { 'my-x': int(1) }, 'U'],
  ["sys.Label = 'y'", {}, 'T', { Label: text('y') }],
  ['sys.Nope = 1', {}, 'E'],
  ["p('col'+'or') = 'x'", { color: text('x') }, 'T'],
];

describe('the forty cases of the SQL filter', () => {
  it.each(CASES.map((row, index) => ({ row, name: `${index + 1}: ${row[0]} gives ${row[2]}` })))('$name', ({ row }) => {
    const [expression, user, expected, system] = row;

    if (expected === 'S') expect(refusal(sql(expression))).toContain('There was an error parsing the SQL expression.');
    else expect(truth(expression, message(user, system))).toBe(expected);
  });
});

describe('numbers, as C# counts', () => {
  it.each([
    ['an int times an int wraps silently', 'q * r = -2147483648', { q: int(2 ** 30), r: int(2) }, 'T'],
    ['an int with a constant is a long and does not wrap', 'q + 1 = 2147483648', { q: int(2 ** 31 - 1) }, 'T'],
    ['an uint with an int is a long', 'q - r = -1', { q: uint(4), r: int(5) }, 'T'],
    ['an uint with an uint wraps as an uint', 'q - r = 4294967295', { q: uint(4), r: uint(5) }, 'T'],
    ['0.1 + 0.2 is not 0.3', '0.1 + 0.2 <> 0.3', {}, 'T'],
    ['a float is widened to a double', 'q = 0.1', { q: { type: 'float', value: Math.fround(0.1) } }, 'F'],
    ['a decimal with an integer is exact', 'm * 4 = 10', { m: decimal('2.5') }, 'T'],
    ['a decimal divided by zero is a fault', 'm / 0 = 1', { m: decimal('2.5') }, 'E'],
    ['integer division truncates towards zero', 'q / 2 = -3', { q: int(-7) }, 'T'],
    ['the smallest long divided by -1 overflows', 'q / -1 > 0', { q: long(-(2n ** 63n)) }, 'E'],
    ['integers compare exactly, ulong against long too', 'ts > 1700000000000', { ts: ulong(1700000000001n) }, 'T'],
    ['an ulong compares with a negative property', 'q > r', { q: ulong(1n), r: int(-1) }, 'T'],
    ['an ulong does not add to a signed property', 'q + r > 0', { q: ulong(1n), r: int(1) }, 'E'],
    ['an ulong adds to a constant that is not negative', 'q + 1 = 2', { q: ulong(1n) }, 'T'],
    ['minus of an ulong is a fault', '-q < 0', { q: ulong(1n) }, 'E'],
    ['a long against a double compares as doubles', 'q = 9007199254740992.0', { q: long(9007199254740993n) }, 'T'],
    ['NaN is not equal to itself', 'q = q', { q: double(Number.NaN) }, 'F'],
    ['the smallest long can be written', 'q = -9223372036854775808', { q: long(-(2n ** 63n)) }, 'T'],
    ['an approximate constant is a double', '101.5E5 = 10150000', {}, 'T'],
  ] as const)('%s', (_story, expression, user, expected) => {
    expect(truth(expression, message(user as Properties))).toBe(expected);
  });
});

describe('null, unknown and faults', () => {
  it.each([
    ['null equals null', 'color = NULL', { color: none }, 'T'],
    ['null is not smaller than a number', 'q < 5', { q: none }, 'F'],
    ['arithmetic with null is null', 'q + 1 = 2', { q: none }, 'F'],
    ['a property that is missing is unknown even against NULL', 'color = NULL', {}, 'U'],
    ['a system property that is not set is null', "sys.Label <> 'x'", {}, 'T'],
    ['it does not exist', 'EXISTS(sys.Label)', {}, 'F'],
    ['LIKE on null is unknown', "sys.Label LIKE '%'", {}, 'U'],
    ['LIKE on a number is a fault', "q LIKE '%'", { q: int(1) }, 'E'],
    ['a fault on the left of OR is a fault', 'q / 0 = 1 OR 1 = 1', { q: int(1) }, 'E'],
    ['true on the left of OR hides a fault', '1 = 1 OR q / 0 = 1', { q: int(1) }, 'T'],
    ['false on the left of AND hides a fault', '1 = 0 AND q / 0 = 1', { q: int(1) }, 'F'],
    ['unknown in a list is an OR with unknown', 'q IN (missing, 2)', { q: int(1) }, 'U'],
    ['a hit in a list wins over unknown', 'q IN (missing, 1)', { q: int(1) }, 'T'],
    ['strings have no order', "s < 'b'", { s: text('a') }, 'E'],
    ['a bool is not a number', 'flag = 1', { flag: bool(true) }, 'E'],
    ['a string takes anything by +', "'a' + 5 + TRUE = 'a5True'", {}, 'T'],
    ['p() reads user properties only', "p('sys.Label') IS NULL OR 1 = 1", {}, 'S'],
    ['p() of a missing property is unknown', "p('nope') = 1", {}, 'U'],
    ['p() of a number is a fault', 'p(1) = 1', {}, 'E'],
    ['sys.Subject reads the label', "sys.Subject = 'y'", {}, 'T'],
    ['dates subtract to a time span that equals itself', 'd - d = d - d', { d: { type: 'timestamp', value: 5 } }, 'T'],
    ['binary can only be there', 'EXISTS(b)', { b: { type: 'binary', value: new Uint8Array(1) } }, 'T'],
    ['binary takes no operator', 'b = b', { b: { type: 'binary', value: new Uint8Array(1) } }, 'E'],
  ] as const)('%s', (_story, expression, user, expected) => {
    const system: Properties = expression.includes('Subject') ? { Label: text('y') } : {};
    if (expected === 'S') expect(refusal(sql(expression))).toContain('unexpected IS');
    else expect(truth(expression, message(user as Properties, system))).toBe(expected);
  });
});

describe('names and parameters', () => {
  it('reads names in any letter case, brackets, quotes and other scripts', () => {
    const view = message({ 'a]b"c': int(1), größe: int(2), SET: int(3) });

    expect(truth('[a]]b"c] = 1 AND "a]b""c" = 1 AND user.GRÖSSE IS NULL AND Größe = 2 AND User.[set] = 3', view)).toBe(
      'T',
    );
  });

  it('takes parameters, with their @', () => {
    const parameters = { '@text': 'x', '@number': 2, '@long': 3n, '@flag': true, '@date': new Date(5) };
    const view = message({ s: text('x'), n: int(2), l: int(3), f: bool(true), d: { type: 'timestamp', value: 5 } });

    expect(truth('s = @text AND n = @number AND l = @long AND f = @flag AND d = @date', view, parameters)).toBe('T');
  });

  it('refuses a parameter that has no value', () => {
    expect(refusal(sql('s = @x'))).toBe("The parameter '@x' is used in the expression but has no value.");
  });
});
