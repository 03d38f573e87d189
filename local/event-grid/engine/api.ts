/**
 * The engine of Event Grid as its neighbours see it: which event goes to whom, when, how often, and what becomes of it when
 * nobody takes it. No wire words, no wall clock, no randomness: clock, ids, chance and the ways out are handed in.
 */
import type { Clock, Instant } from '../../clock/clock.ts';
import type {
  EventSubscriptionDefinition,
  SystemTopicDefinition,
  SystemTopicType,
  TopicDefinition,
} from './definitions.ts';
import type { CloudEvent, EventGridEvent, PublishedEvent } from './events.ts';
import type { AttemptResult } from './outcomes.ts';

export interface RouterOptions {
  readonly clock: Clock;
  /** A UUID: deliveries (they become `aeg-output-event-id`), validation codes, blobs. */
  readonly newId: () => string;
  /** From 0 up to but not including 1: the jitter of retries. */
  readonly random: () => number;
  readonly topics: readonly TopicDefinition[];
  readonly systemTopics: readonly SystemTopicDefinition[];
  /** Makes one attempt. A rejection counts as a socket error. */
  readonly push: (attempt: Attempt) => Promise<AttemptResult>;
  /** Asks a webhook whether it wants the events. A rejection counts as `unanswered`. */
  readonly askForValidation: (request: ValidationRequest) => Promise<ValidationAnswer>;
  /** Writes a blob with dead-lettered events. Tried again while it rejects, for 4 hours. */
  readonly writeDeadLetter: (container: string, blobName: string, json: string) => Promise<void>;
  /** What was pending when the router was last closed or killed: the records of a store, in order. */
  readonly restore?: Iterable<RouterRecord>;
}

/** One attempt to hand over events: one, or several where the subscription takes batches. */
export interface Attempt {
  readonly topicName: string;
  readonly subscription: EventSubscriptionDefinition;
  readonly events: readonly AttemptedEvent[];
  /** How often the first of the events was tried before. */
  readonly previousAttempts: number;
  /** Custom delivery properties; the same for all events of the attempt. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface AttemptedEvent {
  /** Stays the same however often the event is tried for this subscription. */
  readonly id: string;
  /** In the subscription's delivery schema. */
  readonly body: EventGridEvent | CloudEvent;
}

export interface ValidationRequest {
  readonly topicName: string;
  readonly subscription: EventSubscriptionDefinition & {
    readonly destination: { readonly endpointType: 'WebHook'; readonly endpointUrl: string };
  };
  readonly code: string;
}

/**
 * `accepted`: it answered as it must. `refused`: it did not, or nobody was there; it is asked again, and until then may be
 * confirmed by the validation URL.
 */
export type ValidationAnswer = { readonly kind: 'accepted' } | { readonly kind: 'refused'; readonly detail: string };

/** What happened: the store keeps it, the log prints it, tests watch it. */
export type RouterRecord =
  | {
      readonly type: 'accepted';
      readonly at: Instant;
      readonly topicName: string;
      readonly event: PublishedEvent;
      readonly deliveries: readonly { readonly id: string; readonly subscriptionName: string }[];
    }
  | {
      readonly type: 'attempted';
      readonly at: Instant;
      readonly topicName: string;
      readonly subscriptionName: string;
      readonly ids: readonly string[];
      readonly attempts: readonly number[];
      readonly outcome: string;
      readonly detail: string;
      /** When it is tried again; absent when it is not. */
      readonly dueAt?: Instant;
    }
  | {
      readonly type: 'finished';
      readonly at: Instant;
      readonly topicName: string;
      readonly subscriptionName: string;
      readonly ids: readonly string[];
      readonly how: 'delivered' | 'dead-lettered' | 'dropped';
      /** The reason of the dead-lettering or dropping. */
      readonly reason?: string;
      /** The blob that holds them. */
      readonly blobName?: string;
    }
  | {
      readonly type: 'validation';
      readonly at: Instant;
      readonly topicName: string;
      readonly subscriptionName: string;
      readonly state: 'validated' | 'pending';
      readonly detail: string;
    };

export interface SubscriptionState {
  readonly topicName: string;
  readonly topicType: 'Custom' | SystemTopicType;
  readonly name: string;
  readonly destination: { readonly endpointType: string; readonly name: string };
  /** `waiting-for-host`: an AzureFunction destination while no Functions host is up. */
  readonly status: 'active' | 'awaiting-validation' | 'waiting-for-host';
  readonly counts: SubscriptionCounts;
  readonly lastOutcome: { readonly at: Instant; readonly outcome: string; readonly detail: string } | undefined;
}

export interface SubscriptionCounts {
  /** Events that passed the filter. */
  readonly matched: number;
  readonly delivered: number;
  /** Attempts that failed, not events. */
  readonly failedAttempts: number;
  readonly deadLettered: number;
  /** Given up without a dead-letter destination, or because it could not be written for 4 hours. */
  readonly dropped: number;
  /** Not delivered and not given up. */
  readonly pending: number;
}

export interface TopicState {
  readonly name: string;
  readonly topicType: 'Custom' | SystemTopicType;
  readonly published: number;
  /** Events that no subscription wanted. */
  readonly unmatched: number;
}

export interface Router {
  /** Takes events for a custom topic. @returns how many deliveries come of them; `undefined`: no such topic */
  publish(topicName: string, events: readonly PublishedEvent[]): number | undefined;
  /** Hands the event to every system topic of the type. */
  publishSystemEvent(topicType: SystemTopicType, event: EventGridEvent): number;
  /** AzureFunction destinations are tried only while the host is up; what failed for want of it is tried at once. */
  setFunctionsHostUp(isUp: boolean): void;
  /** The validation URL was opened. @returns false when the code is unknown or older than 10 minutes */
  confirmValidation(code: string): boolean;
  topics(): readonly TopicState[];
  subscriptions(): readonly SubscriptionState[];
  /** Listeners are called within the operation, in order. Returns how to stop. */
  onRecord(listener: (record: RouterRecord) => void): () => void;
  /** What is pending, as records from which it can be restored: what compaction writes. */
  pendingRecords(): Iterable<RouterRecord>;
  /** Clears every timer; what is pending stays pending. Answers to attempts under way are ignored. */
  close(): void;
}
