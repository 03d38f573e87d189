import { describe, expect, it } from 'vitest';
import type { CorrelationFilterFields, MessageView } from '../../../local/service-bus/engine/api.ts';
import { bool, compiled, decimal, int, long, message, none, text, uint } from './message.ts';

function selects(fields: CorrelationFilterFields, view: MessageView): boolean {
  const rule = compiled({ name: 'r', filter: { filterType: 'CorrelationFilter', ...fields }, action: undefined });
  const result = rule.matches(view);
  expect(typeof result).toBe('string');
  return result === 'match';
}

describe('a correlation filter', () => {
  it('selects when every field that is set is equal', () => {
    const view = message({ region: text('eu') }, { Label: text('red'), CorrelationId: text('1') });

    expect(selects({ label: 'red' }, view)).toBe(true);
    expect(selects({ label: 'red', correlationId: '1', properties: { Region: 'eu' } }, view)).toBe(true);
    expect(selects({ label: 'red', correlationId: '2' }, view)).toBe(false);
    expect(selects({ label: 'Red' }, view)).toBe(false);
    expect(selects({ to: 'x' }, view)).toBe(false);
  });

  it('tells the string "2" from the number 2, and takes numbers by value across their types', () => {
    expect(selects({ properties: { n: '2' } }, message({ n: int(2) }))).toBe(false);
    expect(selects({ properties: { n: 2 } }, message({ n: text('2') }))).toBe(false);
    for (const value of [int(2), uint(2), long(2n), decimal('2.0')])
      expect(selects({ properties: { n: 2 } }, message({ n: value }))).toBe(true);
    expect(selects({ properties: { n: 2n } }, message({ n: { type: 'double', value: 2 } }))).toBe(true);
  });

  it('compares booleans and dates, and never fails', () => {
    expect(selects({ properties: { b: true } }, message({ b: bool(true) }))).toBe(true);
    expect(selects({ properties: { d: new Date(5) } }, message({ d: { type: 'timestamp', value: 5 } }))).toBe(true);
    expect(selects({ properties: { d: new Date(5) } }, message({ d: none }))).toBe(false);
    expect(selects({ properties: { b: true } }, message({ b: { type: 'binary', value: new Uint8Array() } }))).toBe(
      false,
    );
  });

  it('selects everything when it is empty', () => {
    expect(selects({}, message())).toBe(true);
  });
});

describe('true and false', () => {
  it('select all and none', () => {
    const rule = (filterType: 'TrueFilter' | 'FalseFilter') =>
      compiled({ name: '$Default', filter: { filterType }, action: undefined }).matches(message());

    expect(rule('TrueFilter')).toBe('match');
    expect(rule('FalseFilter')).toBe('no-match');
  });
});
