import { VirtualClock } from '../../../local/clock/index.ts';
import { createOnce, type Once } from '../../../shared/reliability/once.ts';
import type { Rows } from '../../../shared/storage/rows.ts';

/** `once` on a clock that a test steps. */
export function virtualOnce(rows: Rows, clock = new VirtualClock()): Once {
  return createOnce({
    rows,
    now: () => clock.now(),
    sleep: (ms) => new Promise((resolve) => void clock.setTimer(clock.now() + ms, resolve)),
    every(ms, call) {
      let timer = clock.setTimer(clock.now() + ms, function again() {
        timer = clock.setTimer(clock.now() + ms, again);
        call();
      });
      return () => clock.clearTimer(timer);
    },
  });
}

/** Steps the clock from timer to timer until the promise has an end. */
export async function runUntil<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  promise.then(end, end);
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (ended) return promise;
    const dueAt = clock.nextDueAt();
    if (dueAt !== undefined) clock.advanceTo(dueAt);
  }
}
