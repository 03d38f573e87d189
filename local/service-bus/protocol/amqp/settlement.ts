import type { DeliveryState } from '../../../amqp/api.ts';
import { Typed } from '../../../amqp/codec/index.ts';
import type { Settlement } from '../../engine/api.ts';
import type { PropertyValue } from '../../engine/values.ts';
import { toPropertyValue } from './property-values.ts';

const DEAD_LETTER = 'com.microsoft:dead-letter';
export const DEAD_LETTER_REASON = 'DeadLetterReason';
export const DEAD_LETTER_DESCRIPTION = 'DeadLetterErrorDescription';

/** What the outcome of a disposition asks for (service-bus-amqp-protocol-guide, "Settling"). */
export function toSettlement(state: DeliveryState): Settlement {
  switch (state.outcome) {
    case 'accepted':
      return { kind: 'complete' };
    case 'released':
      return { kind: 'release' };
    case 'modified':
      return {
        kind: state.undeliverableHere ? 'defer' : 'abandon',
        propertiesToModify: toPropertiesToModify(state.annotations),
      };
    case 'rejected': {
      const { error } = state;
      const info = new Map(Object.entries(error?.info ?? {}));
      // A rejection without the service's condition dead-letters as well; what it says is then the reason.
      const isOurs = error === undefined || error.condition === DEAD_LETTER;
      const reason = textOf(info.get(DEAD_LETTER_REASON)) ?? (isOurs ? undefined : error.condition);
      const description =
        textOf(info.get(DEAD_LETTER_DESCRIPTION)) ?? (isOurs ? undefined : error.description || undefined);
      info.delete(DEAD_LETTER_REASON);
      info.delete(DEAD_LETTER_DESCRIPTION);
      return { kind: 'dead-letter', reason, description, propertiesToModify: toPropertiesToModify(info) };
    }
  }
}

export function toPropertiesToModify(
  values: ReadonlyMap<string, unknown> | undefined,
): ReadonlyMap<string, PropertyValue> | undefined {
  if (!values || values.size === 0) return undefined;
  return new Map(Array.from(values, ([name, value]) => [name, toPropertyValue(value)] as const));
}

function textOf(value: unknown): string | undefined {
  const text = value instanceof Typed ? value.value : value;
  return typeof text === 'string' ? text : undefined;
}
