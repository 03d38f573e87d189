/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

declare const timerBrand: unique symbol;
/** Names a timer that {@link Clock.setTimer} has set. Opaque to everyone but the clock that made it. */
export type TimerId = number & { readonly [timerBrand]: true };

/**
 * Time, handed in. No module outside this folder reads the system's clock or sets a timer of its own.
 *
 * Timers due at the same instant fire in the order in which they were set. A timer fires once.
 */
export interface Clock {
  now(): Instant;
  setTimer(dueAt: Instant, fire: () => void): TimerId;
  /** Clearing a timer that has fired or was cleared does nothing. */
  clearTimer(id: TimerId): void;
}
