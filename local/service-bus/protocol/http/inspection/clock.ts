import type { Clock, VirtualClock } from '../../../../clock/index.ts';
import type { HttpReply } from '../exchange.ts';
import { json, problem } from './json.ts';

/** A century: enough for any test, and short of what a date can hold. */
const LONGEST_STEP_MS = 100 * 365 * 86_400_000;

export function showClock(clock: Clock, virtual: VirtualClock | undefined): HttpReply {
  const nextDueAt = virtual?.nextDueAt();
  return json(200, {
    now: new Date(clock.now()).toISOString(),
    isVirtual: virtual !== undefined,
    nextTimerAt: nextDueAt === undefined ? undefined : new Date(nextDueAt).toISOString(),
  });
}

/** `POST /inspect/clock {advanceMs | advanceTo | toNextTimer}`: steps virtual time; every timer on the way fires. */
export function stepClock(clock: Clock, virtual: VirtualClock | undefined, given: Record<string, unknown>): HttpReply {
  if (!virtual) return problem(409, 'not-allowed', 'The clock is real. Start with --clock virtual to step it.');
  const target = targetOf(virtual, given);
  if (typeof target === 'string') return problem(400, 'invalid-argument', target);
  virtual.advanceTo(target);
  return showClock(clock, virtual);
}

function targetOf(virtual: VirtualClock, given: Record<string, unknown>): number | string {
  const now = virtual.now();
  if (given.toNextTimer === true) return Math.max(virtual.nextDueAt() ?? now, now);
  const { advanceMs, advanceTo } = given;
  const target =
    typeof advanceMs === 'number'
      ? now + advanceMs
      : typeof advanceTo === 'string'
        ? Date.parse(advanceTo)
        : Number.NaN;
  if (Number.isNaN(target))
    return 'One of advanceMs (a number), advanceTo (an ISO 8601 instant), toNextTimer (true) is needed.';
  if (target < now) return 'Time does not go back.';
  return target - now > LONGEST_STEP_MS ? 'A step of more than a century is refused.' : target;
}
