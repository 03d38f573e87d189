import type { Position } from '../engine/event.ts';

/** The filter's name in a receiver's source; its value is the expression below, described. */
export const SELECTOR_FILTER = 'apache.org:selector-filter:string';

/*
 * selector  = "amqp.annotation." name ws operator ws literal
 * name      = "x-opt-offset" | "x-opt-sequence-number" | "x-opt-enqueued-time" | "x-opt-enqueuedtimeutc"
 * operator  = ">" | ">="
 * literal   = "'" text "'" | digits
 */
const SELECTOR = /^\s*amqp\.annotation\.(x-opt-[a-z-]+)\s*(>=|>)\s*(?:'([^']*)'|(-?\d+))\s*$/i;

/** @returns where to start, or `undefined` when the expression is none that Event Hubs knows */
export function positionFromSelector(selector: string): Position | undefined {
  const match = SELECTOR.exec(selector);
  if (!match) return undefined;
  const literal = match[3] ?? match[4]!;
  const isInclusive = match[2] === '>=';
  switch (match[1]!.toLowerCase()) {
    case 'x-opt-offset':
      if (literal === '-1') return { from: 'earliest' };
      if (literal.toLowerCase() === '@latest') return { from: 'latest' };
      return { from: 'offset', offset: literal, isInclusive };
    case 'x-opt-sequence-number': {
      const sequenceNumber = integer(literal);
      return sequenceNumber === undefined ? undefined : { from: 'sequence-number', sequenceNumber, isInclusive };
    }
    case 'x-opt-enqueued-time':
    case 'x-opt-enqueuedtimeutc': {
      // Inclusive or not, the service takes later events only; the SDK does not even let one ask.
      const after = integer(literal);
      return after === undefined ? undefined : { from: 'enqueued-time', after };
    }
    default:
      return undefined;
  }
}

function integer(literal: string): number | undefined {
  return /^-?\d+$/.test(literal.trim()) ? Number(literal) : undefined;
}
