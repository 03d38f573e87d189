import { describe, expect, it } from 'vitest';
import { acted, bool, int, long, message, NEW_ID, none, text } from './message.ts';

function changes(action: string, view = message()) {
  const result = acted(action, view);
  if ('error' in result) throw new Error(result.error.description);
  return {
    system: Object.fromEntries(result.changes.system),
    application: Object.fromEntries(result.changes.application),
  };
}

function failure(action: string, view = message()) {
  const result = acted(action, view);
  return 'error' in result ? result.error : undefined;
}

describe('a rule action', () => {
  it('changes a property that is there and keeps how its name is written', () => {
    expect(changes("SET Priority = 'high'", message({ priority: text('low') })).application).toEqual({
      priority: text('high'),
    });
  });

  it('creates a property in the type of the expression', () => {
    expect(
      changes("SET a = 1; SET b = 1.5; SET c = TRUE SET d = 'x'; SET e = newid(); SET f = NULL;").application,
    ).toEqual({
      a: long(1n),
      b: { type: 'double', value: 1.5 },
      c: bool(true),
      d: text('x'),
      e: { type: 'uuid', value: NEW_ID.toLowerCase() },
      f: none,
    });
  });

  it('converts to the type of the property that is there', () => {
    const view = message({
      i: int(1),
      s: text(''),
      b: bool(false),
      u: { type: 'uuid', value: '' },
      t: { type: 'timestamp', value: 0 },
      span: { type: 'timespan', ticks: 0n },
      m: { type: 'decimal', value: '1' },
    });

    expect(
      changes(
        `SET i = '42'; SET s = 5; SET b = 'true'; SET u = '${NEW_ID}'; SET t = '2026-01-01T00:00:00Z';` +
          "SET span = '1.00:00:01'; SET m = '2.50'",
        view,
      ).application,
    ).toEqual({
      i: int(42),
      s: text('5'),
      b: bool(true),
      u: { type: 'uuid', value: NEW_ID.toLowerCase() },
      t: { type: 'timestamp', value: Date.UTC(2026, 0, 1) },
      span: { type: 'timespan', ticks: 864_010_000_000n },
      m: { type: 'decimal', value: '2.50' },
    });
  });

  it('rounds half to even where a fraction becomes an integer', () => {
    expect(changes('SET i = 2.5', message({ i: int(0) })).application).toEqual({ i: int(2) });
  });

  it('takes the new type where there is no conversion', () => {
    expect(changes("SET i = 'many'", message({ i: int(0) })).application).toEqual({ i: text('many') });
  });

  it('lets later statements see what earlier ones did', () => {
    expect(changes('SET a = 1; SET b = a + 1; REMOVE a; SET c = a').application).toEqual({
      a: undefined,
      b: long(2n),
    });
  });

  it('sets system properties, in text, and unscoped names are user properties', () => {
    expect(
      changes("SET sys.SessionId = newid(); SET sys.To = 'x'; SET CorrelationId = 'y'; SET sys.Label = sys.To"),
    ).toEqual({
      system: { SessionId: text(NEW_ID.toLowerCase()), To: text('x'), Label: text('x') },
      application: { CorrelationId: text('y') },
    });
  });

  it('removes what is there, whatever its letter case, and does not mind what is not', () => {
    expect(changes('REMOVE COLOR; REMOVE nope; REMOVE sys.Label', message({ Color: text('x') }))).toEqual({
      system: { Label: none },
      application: { Color: undefined },
    });
  });

  it('leaves the target alone when the value is unknown', () => {
    expect(changes('SET a = missing + 1', message({ a: int(1) })).application).toEqual({});
  });

  it('fails on a system property that is read-only or does not exist, on one that does not convert, and on a fault', () => {
    expect(failure('SET sys.SequenceNumber = 1')?.reason).toBe('RuleActionException');
    expect(failure('SET sys.Nope = 1')).toBeDefined();
    expect(failure('SET a = sys.Nope')).toBeDefined();
    expect(failure("SET sys.TimeToLive = 'soon'")).toBeDefined();
    expect(failure('SET a = 1 / 0')?.description).toBe('Attempted to divide by zero.');
    expect(failure('SET a = missing')).toBeUndefined();
  });

  it('copies a value that no operator takes', () => {
    const binary = { type: 'binary', value: new Uint8Array([1]) } as const;

    expect(changes('SET copy = original', message({ original: binary })).application).toEqual({ copy: binary });
  });
});
