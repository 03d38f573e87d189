import { describe, expect, it } from 'vitest';
import { event, HOOK, MINUTE, routed, SECOND, settle, subscription } from './routed.ts';

describe('the handshake with a webhook', () => {
  it('is repeated until the webhook is there; what waits goes out then', async () => {
    const asked: string[] = [];
    const answers = ['refused', 'refused', 'accepted'] as const;
    const { router, attempts, pass } = routed(subscription(HOOK), {
      async askForValidation({ code }) {
        asked.push(code);
        return { kind: answers[asked.length - 1]!, detail: 'refused' };
      },
    });
    router.publish('t', [event('1')]);
    await pass(10 * SECOND - 1);
    expect([asked.length, attempts.length]).toEqual([1, 0]);

    await pass(31 * SECOND);

    expect(new Set(asked).size).toBe(3);
    expect(attempts).toHaveLength(1);
  });

  it('can be finished by hand within ten minutes, and by the code alone', async () => {
    const codes: string[] = [];
    const { router, attempts, pass, clock } = routed(subscription(HOOK), {
      async askForValidation({ code }) {
        codes.push(code);
        return { kind: 'refused', detail: '202' };
      },
    });
    router.publish('t', [event('1')]);
    await pass(9 * MINUTE);

    expect(router.confirmValidation('nope')).toBe(false);
    expect(router.confirmValidation(codes[0]!)).toBe(true);
    await settle();

    expect(attempts).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes no code that is older', async () => {
    const codes: string[] = [];
    const { router, pass } = routed(subscription(HOOK), {
      async askForValidation({ code }) {
        codes.push(code);
        return { kind: 'refused', detail: '202' };
      },
    });

    await pass(10 * MINUTE + 1);

    expect(router.confirmValidation(codes[0]!)).toBe(false);
    expect(router.confirmValidation(codes[1]!)).toBe(true);
  });
});
