import { VirtualClock } from '../../../local/clock/index.ts';
import type { Attempt, RouterOptions, RouterRecord, ValidationAnswer } from '../../../local/event-grid/engine/api.ts';
import type {
  EventDestination,
  EventFilter,
  EventSubscriptionDefinition,
} from '../../../local/event-grid/engine/definitions.ts';
import type { PublishedEvent } from '../../../local/event-grid/engine/events.ts';
import type { AttemptResult } from '../../../local/event-grid/engine/outcomes.ts';
import { createRouter } from '../../../local/event-grid/engine/router.ts';

export const START = Date.UTC(2026, 0, 31, 7);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const NO_FILTER: EventFilter = {
  includedEventTypes: undefined,
  subjectBeginsWith: '',
  subjectEndsWith: '',
  isSubjectCaseSensitive: false,
  enableAdvancedFilteringOnArrays: false,
  advancedFilters: [],
};

export const HOOK = {
  endpointType: 'WebHook',
  endpointUrl: 'http://hook',
  maxEventsPerBatch: 1,
  preferredBatchSizeInKilobytes: 64,
} as const;
export const FUNCTION = {
  endpointType: 'AzureFunction',
  name: 'f',
  maxEventsPerBatch: 1,
  preferredBatchSizeInKilobytes: 64,
} as const;
export const QUEUE = { endpointType: 'ServiceBusQueue', name: 'q' } as const;

export function subscription(
  destination: EventDestination,
  more: Partial<EventSubscriptionDefinition> = {},
): EventSubscriptionDefinition {
  return {
    name: 'sub',
    destination,
    filter: NO_FILTER,
    eventDeliverySchema: 'EventGridSchema',
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
    deadLetterDestination: { container: 'dead' },
    ...more,
  };
}

export function event(id: string, data: unknown = {}): PublishedEvent {
  const body = {
    id,
    topic: '/t',
    subject: 's',
    eventType: 'T',
    eventTime: '2026-01-31T07:00:00Z',
    dataVersion: '1',
    data,
  };
  return { schema: 'EventGridSchema', body };
}

export const cloudEvent = (attributes: Record<string, unknown> = {}): PublishedEvent => ({
  schema: 'CloudEventSchemaV1_0',
  body: { specversion: '1.0', id: '1', source: '/s', type: 'T', ...attributes },
});

/** Everything that was promised so far happens; no time passes. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A router with one topic `t` under a virtual clock. `answer` is what every attempt gets until it is changed. */
export function routed(definition: EventSubscriptionDefinition, more: Partial<RouterOptions> = {}) {
  const clock = new VirtualClock(START);
  const attempts: { at: number; ids: readonly string[]; previous: number; attempt: Attempt }[] = [];
  const records: RouterRecord[] = [];
  const blobs: { at: number; name: string; events: Record<string, unknown>[] }[] = [];
  const state = {
    answer: { kind: 'delivered' } as AttemptResult,
    validation: { kind: 'accepted' } as ValidationAnswer,
    isStoreAway: false,
  };
  let ids = 0;
  const router = createRouter({
    clock,
    newId: () => `id-${++ids}`,
    random: () => 0,
    topics: [{ name: 't', inputSchema: 'EventGridSchema', eventSubscriptions: [definition] }],
    systemTopics: [],
    async push(attempt) {
      const eventIds = attempt.events.map(({ body }) => body.id);
      attempts.push({ at: clock.now() - START, ids: eventIds, previous: attempt.previousAttempts, attempt });
      return state.answer;
    },
    askForValidation: async () => state.validation,
    async writeDeadLetter(_container, name, json) {
      if (state.isStoreAway) throw new Error('away');
      blobs.push({ at: clock.now() - START, name, events: JSON.parse(json) });
    },
    ...more,
  });
  router.onRecord((record) => records.push(record));
  /** Steps through every timer up to the time, letting what each starts come to its end. */
  const pass = async (durationMs: number): Promise<void> => {
    const until = clock.now() + durationMs;
    await settle();
    for (let due = clock.nextDueAt(); due !== undefined && due <= until; due = clock.nextDueAt()) {
      clock.advanceTo(due);
      await settle();
    }
    clock.advanceTo(until);
    await settle();
  };
  return { router, clock, attempts, records, blobs, state, pass, counts: () => router.subscriptions()[0]!.counts };
}

export const answered = (status: number): AttemptResult => ({ kind: 'answered', status, detail: `HTTP ${status}` });
