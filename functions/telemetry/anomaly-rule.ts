/** A press runs hot from the third reading in a row above the limit, and until one is well below it. */
export const hotAboveInCelsius = 90;
export const coolBelowInCelsius = 85;
export const readingsInARow = 3;

export interface PressCondition {
  readonly hotInARow: number;
  readonly isHot: boolean;
}

export const normal: PressCondition = { hotInARow: 0, isHot: false };

/**
 * What one more reading makes of a press. `began`: with this reading it runs hot; so a hot hour is one anomaly and not
 * thousands. The gap between the two limits keeps a press at the limit from raising one after the other.
 */
export function observe(
  { hotInARow, isHot }: PressCondition,
  temperatureInCelsius: number,
): PressCondition & { readonly began: boolean } {
  const inARow = temperatureInCelsius > hotAboveInCelsius ? hotInARow + 1 : 0;
  if (isHot) {
    const isStillHot = temperatureInCelsius >= coolBelowInCelsius;
    return { hotInARow: isStillHot ? inARow : 0, isHot: isStillHot, began: false };
  }
  const began = inARow >= readingsInARow;
  return { hotInARow: inARow, isHot: began, began };
}
