import type { DeliveryBatching } from './definitions.ts';
import type { Pending } from './pending.ts';

/** Events that are due, in order. A queue with a moving head: shifting an array of thousands costs. */
export class ReadyQueue implements Iterable<Pending> {
  private events: Pending[] = [];
  private head = 0;

  get isEmpty(): boolean {
    return this.head === this.events.length;
  }

  push(events: readonly Pending[]): void {
    for (const event of events) this.events.push(event);
  }

  /**
   * Takes the next batch: up to `maxEventsPerBatch` events whose properties are the same; the preferred size is passed only
   * by an event that is larger alone. Without batching: one event. Never call it when empty.
   */
  takeBatch(batching: DeliveryBatching | undefined): readonly Pending[] {
    const first = this.events[this.head]!;
    const batch = [first];
    this.head += 1;
    if (batching) {
      const mostBytes = batching.preferredBatchSizeInKilobytes * 1024;
      let bytes = first.sizeBytes;
      while (batch.length < batching.maxEventsPerBatch && !this.isEmpty) {
        const next = this.events[this.head]!;
        bytes += next.sizeBytes;
        if (bytes > mostBytes || next.attributesKey !== first.attributesKey) break;
        batch.push(next);
        this.head += 1;
      }
    }
    if (this.isEmpty) {
      this.events = [];
      this.head = 0;
    }
    return batch;
  }

  *[Symbol.iterator](): Iterator<Pending> {
    for (let index = this.head; index < this.events.length; index += 1) yield this.events[index]!;
  }
}
