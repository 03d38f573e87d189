/** How many readings the average is over. */
export const windowSize = 20;

export interface RollingAverage {
  /** The last readings, oldest first. */
  readonly window: readonly number[];
  /** All that were ever taken in. */
  readonly count: number;
}

/** Takes in one more reading. */
export function takeIn({ window, count }: RollingAverage, value: number): RollingAverage {
  return { window: [...window, value].slice(-windowSize), count: count + 1 };
}

/** The mean of the window; 0 when it is empty. */
export function meanOf({ window }: RollingAverage): number {
  return window.length === 0 ? 0 : window.reduce((sum, value) => sum + value, 0) / window.length;
}
