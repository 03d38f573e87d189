import type { Trigger, TriggerContext } from './trigger.ts';

type StartTrigger = (context: TriggerContext) => Promise<Trigger>;

/** Trigger types that requests reach, and that need nothing started. */
const answeredOverHttp = new Set(['httptrigger', 'eventgridtrigger', 'warmuptrigger']);

/** Each loaded when an app first uses it, with the SDK it needs. */
const starters: Readonly<Record<string, () => Promise<StartTrigger>>> = {
  timertrigger: async () => (await import('./timer/index.ts')).startTimerTrigger,
  queuetrigger: async () => (await import('./storage-queue.ts')).startStorageQueueTrigger,
  servicebustrigger: async () => (await import('./service-bus/index.ts')).startServiceBusTrigger,
  eventhubtrigger: async () => (await import('./event-hubs/index.ts')).startEventHubTrigger,
  blobtrigger: async () => (await import('./blob/index.ts')).startBlobTrigger,
};

export function isTriggerImplemented(type: string): boolean {
  const name = type.toLowerCase();
  return answeredOverHttp.has(name) || name in starters;
}

/** @returns `undefined` for a trigger that requests reach */
export async function startTrigger(context: TriggerContext): Promise<Trigger | undefined> {
  const start = starters[context.info.trigger.type.toLowerCase()];
  return start ? (await start())(context) : undefined;
}
