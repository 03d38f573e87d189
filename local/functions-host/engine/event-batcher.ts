/**
 * Gathers the events of one partition into batches of at least `minimum` and at most `maximum`
 * (Event Hubs trigger with `minEventBatchSize` > 1: host.json reference; event-hubs contract, section 9).
 *
 * A partial batch leaves when `maxWaitMs` has passed since its oldest event came.
 */
export class EventBatcher<Event> {
  private waiting: Event[] = [];
  private oldestAt = 0;
  private readonly minimum: number;
  private readonly maximum: number;
  private readonly maxWaitMs: number;

  constructor(options: { minimum: number; maximum: number; maxWaitMs: number }) {
    this.minimum = Math.min(options.minimum, options.maximum);
    this.maximum = options.maximum;
    this.maxWaitMs = options.maxWaitMs;
  }

  add(events: readonly Event[], now: number): void {
    if (this.waiting.length === 0) this.oldestAt = now;
    this.waiting.push(...events);
  }

  /** When a partial batch is due, or `undefined` while nothing waits. */
  get dueAt(): number | undefined {
    return this.waiting.length === 0 ? undefined : this.oldestAt + this.maxWaitMs;
  }

  /** The next batch, if there is one at `now`. Call it until it returns `undefined`. */
  take(now: number): Event[] | undefined {
    const isDue = this.waiting.length > 0 && now >= this.oldestAt + this.maxWaitMs;
    if (this.waiting.length === 0 || (this.waiting.length < this.minimum && !isDue)) return undefined;
    const batch = this.waiting.splice(0, this.maximum);
    // What stays behind came with, or after, the batch: its wait starts anew.
    if (this.waiting.length > 0) this.oldestAt = now;
    return batch;
  }
}
