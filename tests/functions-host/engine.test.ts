import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseBlobPath,
  resolveBindingData,
  resolveSettingsIn,
} from '../../local/functions-host/engine/binding-expression.ts';
import { EventBatcher } from '../../local/functions-host/engine/event-batcher.ts';
import { logFilter } from '../../local/functions-host/engine/log-filter.ts';
import { PollingDelay } from '../../local/functions-host/engine/polling-delay.ts';
import { retryPolicy } from '../../local/functions-host/engine/retry-policy.ts';
import { compareRoutes, parseRouteTemplate } from '../../local/functions-host/engine/route-template.ts';
import { parseTimeSpan } from '../../local/functions-host/engine/time-span.ts';
import { outputItems, payloadCollection } from '../../local/functions-host/engine/typed-data.ts';

describe('time spans', () => {
  it.each([
    ['00:00:30', 30_000],
    ['00:05', 300_000],
    ['1.02:03:04', 93_784_000],
    ['1:02:03:04', 93_784_000],
    ['00:00:00.100', 100],
    ['7', 604_800_000],
    ['-00:00:01', -1000],
  ])('%s is %d ms', (text, durationMs) => expect(parseTimeSpan(text)).toBe(durationMs));
  it.each(['', 'soon', '24:00:00', '00:60:00', '5s', '0 */5 * * * *'])('%j is none', (text) =>
    expect(parseTimeSpan(text)).toBeUndefined(),
  );
});

describe('route templates', () => {
  const match = (template: string, path: string) => parseRouteTemplate(template).match(path.split('/'));
  it.each([
    ['orders/{id}', 'orders/7', { id: '7' }],
    ['Orders/{id:int:min(5)}', 'oRDERS/7', { id: '7' }],
    ['orders/{id:int:min(5)}', 'orders/4', undefined],
    ['orders/{id:int}', 'orders/x', undefined],
    ['orders/{id?}', 'orders', {}],
    ['orders/{id=all}', 'orders', { id: 'all' }],
    ['orders/{id}', 'orders', undefined],
    ['orders/{id}', 'orders/1/2', undefined],
    ['files/{*path}', 'files/a/b', { path: 'a/b' }],
    ['files/{**path}', 'files', {}],
    ['files/{name}.{type}', 'files/a.b.jpg', { name: 'a.b', type: 'jpg' }],
    ['p/{code:length(2,3)}', 'p/abcd', undefined],
    ['p/{code:regex(^[a-z]{{2}}$)}', 'p/ab', { code: 'ab' }],
    ['p/{code:regex(^[a-z]{{2}}$)}', 'p/abc', undefined],
    ['p/{id:guid}', 'p/0f8fad5b-d9cb-469f-a165-70867728950e', { id: '0f8fad5b-d9cb-469f-a165-70867728950e' }],
    ['p/{on:bool}/{at:datetime?}', 'p/true', { on: 'true' }],
    ['p/{n:decimal}', 'p/1.5', { n: '1.5' }],
    ['p/{word:alpha:maxlength(3)}', 'p/abc', { word: 'abc' }],
  ])('%s and %s: %j', (template, path, values) => expect(match(template, path)).toEqual(values));

  it('sorts literals before constrained before free parameters before catch-alls', () => {
    const sorted = ['a/{*rest}', 'a/{x}', 'a/{x:int}', 'a/b'].map(parseRouteTemplate).sort(compareRoutes);
    expect(sorted.map(({ text }) => text)).toEqual(['a/b', 'a/{x:int}', 'a/{x}', 'a/{*rest}']);
  });

  it.each(['a/{x', 'a/{*x}/b', 'a/{x:colour}'])('%s is refused', (template) =>
    expect(() => parseRouteTemplate(template)).toThrow(/route/),
  );
});

describe('binding expressions', () => {
  const sources = {
    bindingData: { name: 'cat', data: { url: 'u', n: 5 }, Id: 'x1' },
    now: Date.UTC(2026, 2, 4, 15, 6, 7),
    newId: () => '0f8fad5b-d9cb-469f-a165-70867728950e',
  };
  it.each([
    ['photos/{name}.jpg', 'photos/cat.jpg'],
    ['{data.url}-{data.n}-{id}', 'u-5-x1'],
    ['{rand-guid}', '0f8fad5b-d9cb-469f-a165-70867728950e'],
    ['{rand-guid:N}', '0f8fad5bd9cb469fa16570867728950e'],
    ['{datetime}', '2026-03-04T15:06:07Z'],
    ['{datetime:yyyy-MM-dd/HHmm}', '2026-03-04/1506'],
    ['{{name}} {name}', '{name} cat'],
  ])('%s becomes %s', (text, resolved) => expect(resolveBindingData(text, sources)).toBe(resolved));

  it('says what is missing', () => {
    expect(() => resolveBindingData('{colour}', sources)).toThrow(/colour/);
    expect(() => resolveSettingsIn('%QUEUE%', () => undefined)).toThrow(/QUEUE/);
    expect(resolveSettingsIn('a-%QUEUE%-50%', (name) => name.toLowerCase())).toBe('a-queue-50%');
  });
});

describe('blob paths', () => {
  it.each([
    ['photos', 'photos', 'a/b.jpg', {}],
    ['photos/{name}', 'photos', 'a/b.jpg', { name: 'a/b.jpg' }],
    ['photos/{name}.{type}', 'photos', 'b.tar.gz', { name: 'b.tar', type: 'gz' }],
    ['photos/in/{name}.jpg', 'photos', 'out/x.jpg', undefined],
    ['photos/{{x}}/{name}', 'photos', '{x}/a', { name: 'a' }],
    ['photos/{name}', 'other', 'a', undefined],
  ])('%s and %s/%s: %j', (path, container, blob, values) =>
    expect(parseBlobPath(path).match(container, blob)).toEqual(values),
  );
});

describe('polling', () => {
  it('waits longer and longer up to the longest wait, and starts anew after a find', () => {
    const delay = new PollingDelay({ minimumMs: 100, maximumMs: 2000, random: () => 0.5 });
    expect([1, 2, 3, 4, 5, 6, 7].map(() => delay.next(false))).toEqual([200, 300, 500, 900, 1700, 2000, 2000]);
    expect(delay.next(true)).toBe(100);
    expect(delay.next(false)).toBe(200);
  });
});

describe('retry policies', () => {
  const base = { maxRetryCount: 3, delayMs: 5000, minimumMs: 1000, maximumMs: 6000 };
  it('fixed: the same delay', () => {
    const policy = retryPolicy({ ...base, strategy: 'fixedDelay' }, () => 0.5);
    expect([1, 2, 3].map((n) => policy.delayMs(n))).toEqual([5000, 5000, 5000]);
  });
  it('exponential: doubles, within its bounds', () => {
    const policy = retryPolicy({ ...base, strategy: 'exponentialBackoff' }, () => 0.5);
    expect([1, 2, 3, 4, 50].map((n) => policy.delayMs(n))).toEqual([1000, 2000, 4000, 6000, 6000]);
  });
});

describe('log levels', () => {
  it('the longest category wins', () => {
    const isWanted = logFilter({ default: 'Warning', Function: 'Information', 'Function.print.User': 'Debug' });
    expect(isWanted('Host.General', 'Information')).toBe(false);
    expect(isWanted('Function.other', 'Information')).toBe(true);
    expect(isWanted('Function.print.User', 'Debug')).toBe(true);
    expect(isWanted('Function.print', 'Debug')).toBe(false);
    expect(isWanted('Functional', 'Information')).toBe(false);
  });
});

describe('event batches', () => {
  it('a partial batch waits for more, and leaves when its oldest event has waited long enough', () => {
    const batcher = new EventBatcher<number>({ minimum: 3, maximum: 4, maxWaitMs: 1000 });
    batcher.add([1, 2], 0);
    expect(batcher.take(10)).toBeUndefined();
    batcher.add([3, 4, 5], 500);
    expect(batcher.take(500)).toEqual([1, 2, 3, 4]);
    expect(batcher.take(500)).toBeUndefined();
    expect(batcher.dueAt).toBe(1500);
    expect(batcher.take(1500)).toEqual([5]);
    expect(batcher.dueAt).toBeUndefined();
  });

  it('no event is lost, doubled or moved by any order of arrivals and waits', () => {
    const steps = fc.array(fc.record({ count: fc.nat(7), waitMs: fc.nat(2000) }), { maxLength: 30 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 8 }),
        steps,
        (minimum, maximum, arrivals) => {
          const batcher = new EventBatcher<number>({ minimum, maximum, maxWaitMs: 1000 });
          const seen: number[] = [];
          let now = 0;
          let sent = 0;
          const takeAll = () => {
            for (let batch = batcher.take(now); batch; batch = batcher.take(now)) {
              expect(batch.length).toBeGreaterThan(0);
              expect(batch.length).toBeLessThanOrEqual(maximum);
              seen.push(...batch);
            }
          };
          for (const { count, waitMs } of arrivals) {
            now += waitMs;
            batcher.add(
              Array.from({ length: count }, (_, index) => sent + index),
              now,
            );
            sent += count;
            takeAll();
          }
          while (batcher.dueAt !== undefined) {
            now = batcher.dueAt;
            takeAll();
          }
          expect(seen).toEqual(Array.from({ length: sent }, (_, index) => index));
        },
      ),
    );
  });
});

describe('typed data', () => {
  it('JSON arrays fan out; texts, objects and bytes stay whole', () => {
    expect(outputItems({ json: '[{"a":1},"b",2,null]' })).toEqual(['{"a":1}', 'b', '2']);
    expect(outputItems({ json: '{"a":1}' })).toEqual(['{"a":1}']);
    expect(outputItems({ string: '[1,2]' })).toEqual(['[1,2]']);
    expect(outputItems({ json: JSON.stringify([Buffer.from('x')]) })).toEqual([Uint8Array.from([120])]);
    expect(outputItems({ int: 7 })).toEqual(['7']);
  });
  it('a batch is one collection, of texts or of bytes', () => {
    const body = Buffer.from('ü');
    expect(payloadCollection([body, 'x'], undefined)).toEqual({ collectionString: { string: ['ü', 'x'] } });
    expect(payloadCollection([body], 'binary')).toEqual({ collectionBytes: { bytes: [body] } });
  });
});
