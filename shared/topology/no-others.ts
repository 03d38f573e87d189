/**
 * Refuses properties that the shape does not have. A generic parameter (`const Q extends Shape`, which keeps names as
 * literals) would let them through, and a misspelt `lockDurration` would be a queue with the default.
 */
export type NoOthers<Given, Shape> = {
  readonly [Name in Exclude<keyof Given, KeysOf<Shape>>]: never;
};

/** The keys of every member of a union. */
type KeysOf<Shape> = Shape extends unknown ? keyof Shape : never;
