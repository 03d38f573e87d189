/** What a request at the Event Grid webhook asks for (event-grid contract, "The Functions trigger" and "Handshake"). */
export type EventGridRequest =
  | { readonly kind: 'validation'; readonly validationCode: string }
  | { readonly kind: 'notification'; readonly events: readonly object[] }
  | { readonly kind: 'subscription-deletion' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * @param eventType the header `aeg-event-type`; CloudEvents in binary or structured mode may come without one
 * @param body the parsed JSON: an array, or one event
 */
export function readEventGridRequest(eventType: string | undefined, body: unknown): EventGridRequest {
  const events = (Array.isArray(body) ? body : [body]) as unknown[];
  if (!events.every((event): event is object => typeof event === 'object' && event !== null && !Array.isArray(event))) {
    return { kind: 'refused', reason: 'The body must be an event or an array of events.' };
  }
  switch (eventType?.toLowerCase()) {
    case 'subscriptionvalidation': {
      const data = (events[0] as { data?: { validationCode?: unknown } } | undefined)?.data;
      const code = data?.validationCode;
      if (typeof code !== 'string') return { kind: 'refused', reason: 'The validation event has no validationCode.' };
      return { kind: 'validation', validationCode: code };
    }
    case 'subscriptiondeletion':
    case 'unsubscribe':
      return { kind: 'subscription-deletion' };
    case 'notification':
    case undefined:
      return { kind: 'notification', events };
    default:
      return { kind: 'refused', reason: `aeg-event-type "${eventType}" is not known.` };
  }
}
