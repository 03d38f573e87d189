/** The size of a message's header: properties and application properties (service-bus-quotas: 64 KB together, 32 KB each). */
import { describe, expect, test } from 'vitest';
import { applicationOf, given, message, ok, queue, refused, sql, subscription, topic } from './given.ts';

const KB = 1024;

describe('a message whose header is too large', () => {
  test.each([
    ['in all', { a: 'x'.repeat(30 * KB), b: 'x'.repeat(30 * KB), c: 'x'.repeat(30 * KB) }, /quota for this stream/],
    ['in one property', { long: 'x'.repeat(33 * KB) }, /'long' has 33792 bytes; at most 32768/],
  ])('%s is refused, and a large body is not', (_, application, text) => {
    const { broker, send } = given({ queues: [queue('q')] });
    const refusal = refused(broker.send('q', [message('body', {}, application)]));
    expect(refusal).toMatchObject({ outcome: 'message-size-exceeded', detail: expect.stringMatching(text) });
    send('q', message('x'.repeat(200 * KB), {}, { short: 'y' }));
  });

  test('by what a rule adds goes to the dead letters of that subscription, as it came', () => {
    const copy = sql('copy', '1 = 1', 'SET more = text; SET evenMore = text');
    const { open, send } = given({
      topics: [
        {
          ...topic('t'),
          subscriptions: [{ ...subscription('adds'), rules: [copy] }, { ...subscription('plain') }],
        },
      ],
    });
    send('t', message('body', {}, { text: 'x'.repeat(30 * KB) }));
    const plain = open('t/Subscriptions/plain');
    plain.receive();
    expect(plain.bodies).toEqual(['body']);
    const dead = open('t/Subscriptions/adds/$DeadLetterQueue');
    const [letter] = dead.receive();
    expect(applicationOf(letter!.message)).toMatchObject({
      DeadLetterReason: 'HeaderSizeExceeded',
      DeadLetterErrorDescription: 'The size quota for this stream has been exceeded.',
    });
    expect(applicationOf(letter!.message)).not.toHaveProperty('more');
    ok(dead.settle({ kind: 'complete' }));
  });
});
