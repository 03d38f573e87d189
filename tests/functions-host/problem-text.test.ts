import { expect, it } from 'vitest';
import { problemText } from '../../local/functions-host/triggers/problem-text.ts';

it.each([
  [new Error('refused'), 'refused'],
  [
    new Error("The entity 'x' could not be found. TrackingId:1_B0, SystemTracker:x, Timestamp:2026\nmore"),
    "The entity 'x' could not be found.",
  ],
  [new AggregateError([new Error('first'), new AggregateError([new Error('last TrackingId:2')])]), 'last'],
  [new AggregateError([], 'none of many'), 'none of many'],
])('%o in a line', (error, text) => {
  expect(problemText(error)).toBe(text);
});
