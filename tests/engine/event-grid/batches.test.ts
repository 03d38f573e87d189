import { describe, expect, it } from 'vitest';
import { answered, event, HOOK, QUEUE, routed, SECOND, settle, subscription } from './routed.ts';

const batched = (maxEventsPerBatch: number, preferredBatchSizeInKilobytes = 64) =>
  subscription({ ...HOOK, maxEventsPerBatch, preferredBatchSizeInKilobytes });
const events = (...ids: string[]) => ids.map((id) => event(id));

describe('batches', () => {
  it('are one event without the setting, and never wait to fill with it', async () => {
    const alone = routed(batched(1));
    const three = routed(batched(3));
    await settle();

    alone.router.publish('t', events('1', '2'));
    three.router.publish('t', events('1', '2', '3', '4'));
    three.router.publish('t', events('5'));
    await settle();

    expect(alone.attempts.map(({ ids }) => ids)).toEqual([['1'], ['2']]);
    expect(three.attempts.map(({ ids }) => ids)).toEqual([['1', '2', '3'], ['4'], ['5']]);
  });

  it('stay below the preferred size, but for an event that is larger alone', async () => {
    const { router, attempts } = routed(batched(10, 1));
    await settle();

    router.publish('t', [
      event('1', 'x'.repeat(400)),
      event('2', 'x'.repeat(400)),
      event('3', 'x'.repeat(3000)),
      event('4'),
    ]);
    await settle();

    expect(attempts.map(({ ids }) => ids)).toEqual([['1'], ['2'], ['3'], ['4']]);
  });

  it('succeed or fail as one, and stay one when they are tried again', async () => {
    const { router, attempts, state, pass, counts } = routed(batched(3));
    await settle();
    state.answer = answered(500);

    router.publish('t', events('1', '2', '3'));
    await pass(10 * SECOND);

    expect(attempts.map(({ ids }) => ids)).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3'],
    ]);
    expect(counts()).toMatchObject({ matched: 3, failedAttempts: 2, pending: 3 });
  });

  it('hold events with the same delivery properties only', async () => {
    const deliveryAttributeMappings = [{ name: 'press', type: 'Dynamic', sourceField: 'data.press' }] as const;
    const { router, attempts } = routed(subscription({ ...HOOK, maxEventsPerBatch: 10, deliveryAttributeMappings }));
    await settle();

    router.publish('t', [event('1', { press: 'a' }), event('2', { press: 'a' }), event('3', { press: 'b' })]);
    await settle();

    expect(attempts.map(({ ids, attempt }) => [ids, attempt.attributes])).toEqual([
      [['1', '2'], { press: 'a' }],
      [['3'], { press: 'b' }],
    ]);
  });

  it('are not more than 32 under way at once', async () => {
    const answers: (() => void)[] = [];
    const { router, counts } = routed(subscription(QUEUE), {
      push: () => new Promise((resolve) => answers.push(() => resolve({ kind: 'delivered' }))),
    });

    router.publish(
      't',
      Array.from({ length: 40 }, (_, index) => event(String(index))),
    );
    expect(answers).toHaveLength(32);
    for (let index = 0; index < 40; index += 1) {
      answers[index]!();
      await settle();
    }

    expect(counts()).toMatchObject({ delivered: 40, pending: 0 });
  });
});
