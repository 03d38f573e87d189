import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects what nothing holds any more. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  // A weak reference stays good until the end of the turn in which it was made.
  await setImmediate();
  (runInNewContext('gc') as () => void)();
}
