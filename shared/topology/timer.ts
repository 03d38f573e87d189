/**
 * A timer: a function that is woken by the clock. The schedule is the Functions host's six fields (second, minute, hour,
 * day, month, day of the week), in UTC.
 */
export function timer<const T extends { readonly name: string; readonly schedule: string; readonly reason: string }>(
  declaration: T,
) {
  return { ...declaration, kind: 'timer' } as const;
}

export type Timer = {
  readonly kind: 'timer';
  readonly name: string;
  readonly schedule: string;
  /** Why the clock, and not an event. */
  readonly reason: string;
};
