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
      const reason = takeText(info, DEAD_LETTER_REASON) ?? (isOurs ? undefined : error.condition);
      const description =
        takeText(info, DEAD_LETTER_DESCRIPTION) ?? (isOurs ? undefined : error.description || undefined);
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

/** Takes the text, or null, out of the map; a value of another type stays in it, as a property like any other. */
function takeText(values: Map<string, unknown>, name: string): string | undefined {
  const value = values.get(name);
  const text = value instanceof Typed ? value.value : value;
  if (typeof text !== 'string' && text !== null) return undefined;
  values.delete(name);
  return text ?? undefined;
}
